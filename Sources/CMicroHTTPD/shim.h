#pragma once
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

// MHD_start_daemon is variadic: the one set of options that this project uses. It listens nowhere: connections are handed to it.
typedef void *(*cmhd_uri_callback)(void *context, const char *uri, struct MHD_Connection *connection);

struct cmhd_limits {
  unsigned int threads;
  unsigned int connections;
  // Seconds without a byte in either direction after which a connection is closed, unless it is suspended.
  unsigned int idle_seconds;
  // Bytes for a request's line and headers.
  size_t head;
};

// Over TLS where a key and a certificate (PEM) are given, which must live as long as the daemon.
static inline struct MHD_Daemon *cmhd_start(struct cmhd_limits limits, const char *tls_key, const char *tls_certificate,
                                            cmhd_uri_callback begun, MHD_AccessHandlerCallback continued,
                                            MHD_RequestCompletedCallback ended, MHD_NotifyConnectionCallback connection,
                                            void *context) {
  const int is_tls = tls_key && tls_certificate;
  const struct MHD_OptionItem tls[] = {
      {is_tls ? MHD_OPTION_HTTPS_MEM_KEY : MHD_OPTION_END, 0, (void *)tls_key},
      {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)tls_certificate},
      {MHD_OPTION_END, 0, NULL}};
  return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
                              MHD_USE_NO_LISTEN_SOCKET | (is_tls ? MHD_USE_TLS : 0),
                          0, NULL, NULL, continued, context,
                          MHD_OPTION_THREAD_POOL_SIZE, limits.threads,
                          MHD_OPTION_CONNECTION_LIMIT, limits.connections,
                          MHD_OPTION_CONNECTION_TIMEOUT, limits.idle_seconds,
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.head,
                          MHD_OPTION_URI_LOG_CALLBACK, begun, context,
                          MHD_OPTION_NOTIFY_COMPLETED, ended, context,
                          MHD_OPTION_NOTIFY_CONNECTION, connection, context,
                          MHD_OPTION_ARRAY, tls,
                          MHD_OPTION_END);
}

// Ends a request's address behind its question mark, in the library's own buffer. The library would split what follows into arguments,
// which nobody here asks it for; each takes 64 bytes of the connection's memory, and a request that has no room for them is never
// answered.
static inline void cmhd_drop_arguments(const char *uri) {
  char *mark = uri ? strchr((char *)uri, '?') : NULL;
  if (mark) mark[1] = 0;
}

// The descriptor of a connection, which is open for as long as the library has not told that it is closed.
static inline int cmhd_descriptor(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

// A new connection of a listening socket, or -1. accept4 is declared only with _GNU_SOURCE.
extern int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);
static inline int cmhd_accept(int listener, struct sockaddr_in *address) {
  socklen_t length = sizeof *address;
  return accept4(listener, (struct sockaddr *)address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static inline int cmhd_add(struct MHD_Daemon *daemon, int descriptor, const struct sockaddr_in *address) {
  return MHD_add_connection(daemon, descriptor, (const struct sockaddr *)address, sizeof *address) == MHD_YES;
}

// epoll: its event is a packed structure with a union in it. Each descriptor has a name by which it is told.
static inline int cmhd_watch(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int cmhd_watch_input(int watch, int descriptor, uint64_t name) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = name}};
  return epoll_ctl(watch, EPOLL_CTL_ADD, descriptor, &event);
}

// Told once, when the other side closes its end.
static inline int cmhd_watch_peer(int watch, int descriptor, uint64_t name) {
  struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT, .data = {.u64 = name}};
  return epoll_ctl(watch, EPOLL_CTL_ADD, descriptor, &event);
}

static inline void cmhd_unwatch(int watch, int descriptor) { epoll_ctl(watch, EPOLL_CTL_DEL, descriptor, NULL); }

// Waits until something is to be told, at most so many milliseconds; gives how many names there are.
static inline int cmhd_watched(int watch, uint64_t *names, int room, int milliseconds) {
  struct epoll_event events[64];
  const int count = epoll_wait(watch, events, room < 64 ? room : 64, milliseconds);
  for (int index = 0; index < count; index++) names[index] = events[index].data.u64;
  return count;
}

// Enumerations marked as closed or as flags lose their C names in Swift: these keep them.
static const enum MHD_Result cmhd_no = MHD_NO;
static const enum MHD_Result cmhd_yes = MHD_YES;
static const enum MHD_ValueKind cmhd_header_kind = MHD_HEADER_KIND;
static const enum MHD_ResponseMemoryMode cmhd_must_copy = MHD_RESPMEM_MUST_COPY;
static const enum MHD_ConnectionNotificationCode cmhd_connection_closed = MHD_CONNECTION_NOTIFY_CLOSED;
