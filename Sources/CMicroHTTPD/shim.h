#pragma once
#include <microhttpd.h>
#include <poll.h>

// MHD_start_daemon is variadic: the one set of options that this project uses.
typedef void *(*cmhd_uri_callback)(void *context, const char *uri, struct MHD_Connection *connection);

// Over TLS where a key and a certificate (PEM) are given, which must live as long as the daemon.
static inline struct MHD_Daemon *cmhd_start(const struct sockaddr *address, uint16_t port, unsigned int threads,
                                            const char *tls_key, const char *tls_certificate,
                                            cmhd_uri_callback uri, void *uri_context,
                                            MHD_AccessHandlerCallback handler, void *handler_context,
                                            MHD_RequestCompletedCallback completed, void *completed_context) {
  const int is_tls = tls_key && tls_certificate;
  const struct MHD_OptionItem tls[] = {
      {is_tls ? MHD_OPTION_HTTPS_MEM_KEY : MHD_OPTION_END, 0, (void *)tls_key},
      {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)tls_certificate},
      {MHD_OPTION_END, 0, NULL}};
  return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
                              (is_tls ? MHD_USE_TLS : 0),
                          port, NULL, NULL, handler, handler_context,
                          MHD_OPTION_SOCK_ADDR, address,
                          MHD_OPTION_THREAD_POOL_SIZE, threads,
                          MHD_OPTION_CONNECTION_LIMIT, 4096u,
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(64 * 1024),
                          MHD_OPTION_URI_LOG_CALLBACK, uri, uri_context,
                          MHD_OPTION_NOTIFY_COMPLETED, completed, completed_context,
                          MHD_OPTION_ARRAY, tls,
                          MHD_OPTION_END);
}

// The port is returned in a union member chosen by the request.
static inline uint16_t cmhd_port(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
  return info ? info->port : 0;
}

// Whether the other side of a connection has closed its end. POLLRDHUP (0x2000 on Linux) is declared only with _GNU_SOURCE.
static inline int cmhd_peer_has_gone(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (!info || info->connect_fd < 0) return 1;
  struct pollfd entry = {info->connect_fd, 0x2000, 0};
  return poll(&entry, 1, 0) > 0;
}

// Enumerations marked as closed or as flags lose their C names in Swift: these keep them.
static const enum MHD_Result cmhd_no = MHD_NO;
static const enum MHD_Result cmhd_yes = MHD_YES;
static const enum MHD_ValueKind cmhd_header_kind = MHD_HEADER_KIND;
static const enum MHD_ResponseMemoryMode cmhd_must_copy = MHD_RESPMEM_MUST_COPY;
