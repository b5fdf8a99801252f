// libcurl, with what Swift cannot see of it: its variadic functions and its macros.
#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H

#include <curl/curl.h>

typedef size_t (*ccurl_write_callback)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode ccurl_start(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

static inline CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) {
  return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode ccurl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
  return (curl_easy_setopt)(handle, option, value);
}

// libcurl copies strings, but not what CURLOPT_POSTFIELDS points to.
static inline CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value) {
  return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode ccurl_set_fields(CURL *handle, struct curl_slist *fields) {
  return (curl_easy_setopt)(handle, CURLOPT_HTTPHEADER, fields);
}

static inline CURLcode ccurl_set_writer(CURL *handle, ccurl_write_callback writer, void *context) {
  CURLcode code = (curl_easy_setopt)(handle, CURLOPT_WRITEFUNCTION, writer);
  return code != CURLE_OK ? code : (curl_easy_setopt)(handle, CURLOPT_WRITEDATA, context);
}

static inline long ccurl_status(CURL *handle) {
  long status = 0;
  return (curl_easy_getinfo)(handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}

// Seconds, also where the field names a date; 0 when there is none.
static inline curl_off_t ccurl_retry_after(CURL *handle) {
  curl_off_t seconds = 0;
  return (curl_easy_getinfo)(handle, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK ? seconds : 0;
}

// The value of a field of the answer, or null.
static inline const char *ccurl_field(CURL *handle, const char *name) {
  struct curl_header *field = NULL;
  return curl_easy_header(handle, name, 0, CURLH_HEADER, -1, &field) == CURLHE_OK ? field->value
                                                                                  : NULL;
}

// The next transfer that has ended, or null.
static inline CURL *ccurl_next_ended(CURLM *multi, CURLcode *result) {
  int left = 0;
  CURLMsg *message;
  while ((message = curl_multi_info_read(multi, &left)) != NULL) {
    if (message->msg == CURLMSG_DONE) {
      *result = message->data.result;
      return message->easy_handle;
    }
  }
  return NULL;
}

#endif
