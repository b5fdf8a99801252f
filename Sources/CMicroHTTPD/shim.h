// libmicrohttpd, with what Swift cannot see of it: its variadic functions.
#ifndef CMICROHTTPD_SHIM_H
#define CMICROHTTPD_SHIM_H

#include <microhttpd.h>

// TLS 1.2 and 1.3, whatever the system's default is.
#define CMHD_TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

typedef void *(*cmhd_target_callback)(void *context, const char *target,
                                      struct MHD_Connection *connection);

typedef struct {
  MHD_AccessHandlerCallback access;
  MHD_RequestCompletedCallback completed;
  MHD_NotifyConnectionCallback connection;
  cmhd_target_callback target;
  void *context;
} cmhd_callbacks;

// PEM texts; without an authority no client is asked for a certificate.
typedef struct {
  const char *certificate;
  const char *key;
  const char *authority;
} cmhd_tls;

// Without a listening socket (-1) the daemon has only the connections that are added to it.
// TURBO leaves out shutdown(), so that a socket can be taken away from the library; from TLS none is.
static inline struct MHD_Daemon *cmhd_start(int listen_socket, const cmhd_tls *tls,
                                            const cmhd_callbacks *callbacks,
                                            size_t memory_per_connection, unsigned connections_max,
                                            unsigned idle_seconds) {
  void *context = callbacks->context;
  unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
  struct MHD_OptionItem more[6];
  int count = 0;
  if (listen_socket < 0)
    flags |= MHD_USE_NO_LISTEN_SOCKET;
  else
    more[count++] = (struct MHD_OptionItem){MHD_OPTION_LISTEN_SOCKET, listen_socket, NULL};
  if (tls) {
    flags |= MHD_USE_TLS;
    more[count++] =
        (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)tls->certificate};
    more[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)tls->key};
    more[count++] =
        (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)CMHD_TLS_PRIORITIES};
    if (tls->authority)
      more[count++] =
          (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *)tls->authority};
  } else {
    flags |= MHD_USE_TURBO;
  }
  more[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
  return MHD_start_daemon(
      flags, 0, NULL, NULL, callbacks->access, context, MHD_OPTION_ARRAY, more,
      MHD_OPTION_NOTIFY_COMPLETED, callbacks->completed, context, MHD_OPTION_NOTIFY_CONNECTION,
      callbacks->connection, context, MHD_OPTION_URI_LOG_CALLBACK, callbacks->target, context,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory_per_connection, MHD_OPTION_CONNECTION_LIMIT,
      connections_max, MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_END);
}

static inline unsigned cmhd_connection_count(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info =
      MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
  return info ? info->num_connections : 0;
}

static inline int cmhd_epoll_descriptor(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
  return info ? info->epoll_fd : -1;
}

static inline int cmhd_descriptor(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

static inline const struct sockaddr *cmhd_client_address(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info ? info->client_addr : NULL;
}

static inline size_t cmhd_head_size(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info ? info->header_size : 0;
}

static inline void *cmhd_socket_context(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : NULL;
}

#endif
