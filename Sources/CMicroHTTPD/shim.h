// libmicrohttpd, with what Swift cannot see of it: its variadic functions.
#ifndef CMICROHTTPD_SHIM_H
#define CMICROHTTPD_SHIM_H

#include <microhttpd.h>

typedef void *(*cmhd_target_callback)(void *context, const char *target,
                                      struct MHD_Connection *connection);

typedef struct {
  MHD_AccessHandlerCallback access;
  MHD_RequestCompletedCallback completed;
  MHD_NotifyConnectionCallback connection;
  cmhd_target_callback target;
  void *context;
} cmhd_callbacks;

// Without a listening socket (-1) the daemon has only the connections that are added to it.
// TURBO leaves out shutdown(), so that a socket can be taken away from the library.
static inline struct MHD_Daemon *cmhd_start(int listen_socket, const cmhd_callbacks *callbacks,
                                            size_t memory_per_connection, unsigned connections_max,
                                            unsigned idle_seconds) {
  void *context = callbacks->context;
  unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO;
  struct MHD_OptionItem listening[] = {{MHD_OPTION_LISTEN_SOCKET, listen_socket, NULL},
                                       {MHD_OPTION_END, 0, NULL}};
  if (listen_socket < 0) {
    flags |= MHD_USE_NO_LISTEN_SOCKET;
    listening[0].option = MHD_OPTION_END;
  }
  return MHD_start_daemon(
      flags, 0, NULL, NULL, callbacks->access, context, MHD_OPTION_ARRAY, listening,
      MHD_OPTION_NOTIFY_COMPLETED, callbacks->completed, context, MHD_OPTION_NOTIFY_CONNECTION, callbacks->connection, context,
      MHD_OPTION_URI_LOG_CALLBACK, callbacks->target, context,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory_per_connection, MHD_OPTION_CONNECTION_LIMIT,
      connections_max, MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_END);
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
