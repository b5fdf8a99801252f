// The TLS of libmicrohttpd is GnuTLS; this is what we need of it beside libmicrohttpd.
#ifndef CMICROHTTPD_TLS_H
#define CMICROHTTPD_TLS_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

static inline gnutls_session_t cmhd_tls_session(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  return info ? (gnutls_session_t)info->tls_session : NULL;
}

// The socket of one session, and how often a byte was moved by any session that shares the counter.
typedef struct {
  int descriptor;
  unsigned long *moved;
} cmhd_transport;

static inline ssize_t cmhd_transport_pull(gnutls_transport_ptr_t context, void *bytes,
                                          size_t count) {
  const cmhd_transport *transport = (const cmhd_transport *)context;
  ssize_t result = recv(transport->descriptor, bytes, count, MSG_DONTWAIT);
  if (result >= 0) ++*transport->moved;
  return result;
}

static inline ssize_t cmhd_transport_push(gnutls_transport_ptr_t context, const void *bytes,
                                          size_t count) {
  const cmhd_transport *transport = (const cmhd_transport *)context;
  ssize_t result = send(transport->descriptor, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (result >= 0) ++*transport->moved;
  return result;
}

static inline int cmhd_transport_wait(gnutls_transport_ptr_t context, unsigned milliseconds) {
  const cmhd_transport *transport = (const cmhd_transport *)context;
  struct pollfd entry = {transport->descriptor, POLLIN, 0};
  return poll(&entry, 1, milliseconds == GNUTLS_INDEFINITE_TIMEOUT ? -1 : (int)milliseconds);
}

// To be called before the handshake; the transport must live as long as the session.
static inline void cmhd_tls_count(gnutls_session_t session, cmhd_transport *transport) {
  gnutls_transport_set_ptr(session, transport);
  gnutls_transport_set_pull_function(session, cmhd_transport_pull);
  gnutls_transport_set_push_function(session, cmhd_transport_push);
  gnutls_transport_set_pull_timeout_function(session, cmhd_transport_wait);
}

// Called by GnuTLS during the handshake; anything but 0 ends it. That a certificate was demanded and
// none was given is found by GnuTLS itself.
static inline int cmhd_tls_verify(gnutls_session_t session) {
  unsigned count = 0, status = 0;
  if (!gnutls_certificate_get_peers(session, &count) || count == 0) return 0;
  gnutls_typed_vdata_st purpose = {GNUTLS_DT_KEY_PURPOSE_OID,
                                   (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT, 0};
  int result = gnutls_certificate_verify_peers(session, &purpose, 1, &status);
  return result == 0 && status == 0 ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

// To be called before the handshake.
static inline void cmhd_tls_ask_client(gnutls_session_t session, int is_required) {
  gnutls_certificate_server_set_request(session,
                                        is_required ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
  gnutls_session_set_verify_function(session, cmhd_tls_verify);
}

// The client's certificate; NULL when it gave none. To be freed with gnutls_x509_crt_deinit.
static inline gnutls_x509_crt_t cmhd_tls_client_certificate(gnutls_session_t session) {
  unsigned count = 0;
  const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
  gnutls_x509_crt_t certificate = NULL;
  if (!chain || count == 0 || gnutls_x509_crt_init(&certificate) != 0) return NULL;
  if (gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) == 0) return certificate;
  gnutls_x509_crt_deinit(certificate);
  return NULL;
}

// The common name with this index; a negative result when there is none.
static inline int cmhd_tls_common_name(gnutls_x509_crt_t certificate, unsigned index, char *buffer,
                                       size_t *size) {
  return gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, index, 0, buffer,
                                       size);
}

typedef struct {
  // 0, or the error of GnuTLS and which text it is about.
  int error;
  enum { CMHD_CERTIFICATE = 1, CMHD_KEY, CMHD_PAIR, CMHD_AUTHORITY } part;
} cmhd_tls_fault;

static inline cmhd_tls_fault cmhd_tls_fault_in(int error, int part) {
  cmhd_tls_fault fault = {error < 0 ? error : 0, part};
  return fault;
}

static inline int cmhd_tls_certificates_error(const gnutls_datum_t *text) {
  gnutls_x509_crt_t *list = NULL;
  unsigned count = 0;
  int error = gnutls_x509_crt_list_import2(&list, &count, text, GNUTLS_X509_FMT_PEM, 0);
  if (error < 0) return error;
  for (unsigned index = 0; index < count; index++) gnutls_x509_crt_deinit(list[index]);
  gnutls_free(list);
  return count > 0 ? 0 : GNUTLS_E_NO_CERTIFICATE_FOUND;
}

static inline int cmhd_tls_key_error(const gnutls_datum_t *text) {
  gnutls_x509_privkey_t key;
  int error = gnutls_x509_privkey_init(&key);
  if (error < 0) return error;
  error = gnutls_x509_privkey_import2(key, text, GNUTLS_X509_FMT_PEM, NULL, 0);
  gnutls_x509_privkey_deinit(key);
  return error;
}

// Looks whether a daemon could start with these texts.
static inline cmhd_tls_fault cmhd_tls_check(const char *certificate, const char *key,
                                            const char *authority) {
  gnutls_datum_t certificates = {(unsigned char *)certificate, (unsigned)strlen(certificate)};
  gnutls_datum_t secret = {(unsigned char *)key, (unsigned)strlen(key)};
  int error = cmhd_tls_certificates_error(&certificates);
  if (error < 0) return cmhd_tls_fault_in(error, CMHD_CERTIFICATE);
  error = cmhd_tls_key_error(&secret);
  if (error < 0) return cmhd_tls_fault_in(error, CMHD_KEY);
  if (authority) {
    gnutls_datum_t authorities = {(unsigned char *)authority, (unsigned)strlen(authority)};
    error = cmhd_tls_certificates_error(&authorities);
    if (error < 0) return cmhd_tls_fault_in(error, CMHD_AUTHORITY);
  }
  gnutls_certificate_credentials_t credentials;
  error = gnutls_certificate_allocate_credentials(&credentials);
  if (error < 0) return cmhd_tls_fault_in(error, CMHD_PAIR);
  error = gnutls_certificate_set_x509_key_mem2(credentials, &certificates, &secret,
                                               GNUTLS_X509_FMT_PEM, NULL, 0);
  gnutls_certificate_free_credentials(credentials);
  return cmhd_tls_fault_in(error, CMHD_PAIR);
}

#endif
