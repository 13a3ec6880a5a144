/*
 * A load of handshakes that costs little: one connection for each, in one thread, for knock.mjs.
 *
 *   cc -O2 -o knock bench/knock.c && printf '/ws/?token=a\n' | ./knock <port> <source address> <seconds> <in flight> [round]
 *
 * Each line of stdin is the target of a handshake; with `round` they are taken round and round, else the load ends behind the last one. An admitted
 * handshake is answered with a close frame. A connection is over when the server ends it, as a client that waits for that sees it, and none is begun
 * when the time is over. The thread never sleeps: a core that sleeps has to be woken by each answer, which costs a slow server more than a fast one.
 * It prints JSON: how often each status was seen (0: the connection ended without an answer), the seconds, and the share of them in which it waited
 * for the server, which says whether the load was the limit.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { most_in_flight = 1024, most_bytes = 64 * 1024, events_at_once = 256 };

/* A masked close frame with code 1000; its mask is zero. */
static const unsigned char close_frame[] = {0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8};

struct connection {
  int fd;
  int status;
  bool asked;
  char *target;
};

static struct sockaddr_in server, source;
static int poller;
static char **targets;
static size_t target_count, next_target;
static bool again;
static long seen[1000];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void read_targets(void) {
  size_t room = 0, lines = 0;
  char *line = NULL;
  for (ssize_t length; (length = getline(&line, &room, stdin)) > 0;) {
    if (line[length - 1] == '\n') line[length - 1] = '\0';
    if (target_count == lines) {
      lines = lines ? lines * 2 : 1024;
      targets = realloc(targets, lines * sizeof *targets);
      if (!targets) fail("realloc");
    }
    targets[target_count] = strdup(line);
    if (!targets[target_count++]) fail("strdup");
  }
  free(line);
  if (target_count == 0) exit(2);
}

/* The next target, or NULL behind the last one. */
static char *take_target(void) {
  if (next_target == target_count && again) next_target = 0;
  return next_target < target_count ? targets[next_target++] : NULL;
}

/* Writes the handshake; the connection is asked again when it can be written to if it is not yet open. */
static void ask(struct connection *connection) {
  char request[most_bytes];
  int length = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                        connection->target, ntohs(server.sin_port));
  if (length < 0 || (size_t)length >= sizeof request) exit(2);
  ssize_t sent = send(connection->fd, request, (size_t)length, MSG_NOSIGNAL);
  connection->asked = sent >= 0 || (errno != EAGAIN && errno != ENOTCONN);
}

/* Begins a handshake; false when there is none left. */
static bool begin(struct connection *connection) {
  int on = 1;
  char *target = take_target();
  if (!target) return false;
  *connection = (struct connection){.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), .target = target};
  if (connection->fd < 0) fail("socket");
  /* The port is chosen when it connects: any that is free for this server will do. */
  setsockopt(connection->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (bind(connection->fd, (struct sockaddr *)&source, sizeof source) < 0) fail("bind");
  if (connect(connection->fd, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS) fail("connect");
  ask(connection);
  struct epoll_event event = {.events = EPOLLIN | (connection->asked ? 0 : EPOLLOUT), .data.ptr = connection};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event) < 0) fail("epoll_ctl");
  return true;
}

/* Reads what has come; true when the server has ended the connection. */
static bool hear(struct connection *connection) {
  char bytes[4096];
  ssize_t length = recv(connection->fd, bytes, sizeof bytes, 0);
  if (length < 0) return errno != EAGAIN;
  if (length == 0) return true;
  if (connection->status == 0 && length > 12) {
    connection->status = (bytes[9] - '0') * 100 + (bytes[10] - '0') * 10 + (bytes[11] - '0');
    if (connection->status < 0 || connection->status > 999) connection->status = 0;
    if (connection->status == 101) send(connection->fd, close_frame, sizeof close_frame, MSG_NOSIGNAL);
  }
  return false;
}

int main(int count, char **words) {
  static struct connection connections[most_in_flight];
  struct epoll_event events[events_at_once];
  if (count < 5) return 2;
  int in_flight = atoi(words[4]), open = 0;
  double seconds = atof(words[3]), waited = 0;
  again = count > 5;
  if (in_flight < 1 || in_flight > most_in_flight || seconds <= 0) return 2;
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  source = (struct sockaddr_in){.sin_family = AF_INET};
  if (inet_pton(AF_INET, words[2], &source.sin_addr) != 1) return 2;
  read_targets();
  poller = epoll_create1(0);
  if (poller < 0) fail("epoll_create1");

  double started = now(), until = started + seconds, last = started;
  while (open < in_flight && begin(&connections[open])) open += 1;
  while (open > 0) {
    int ready = epoll_wait(poller, events, events_at_once, 0);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    double time = now();
    if (ready <= 0) waited += time - last;
    last = time;
    /* A server that says nothing more must not hold the bench up. */
    if (time > until + 10) return 3;
    for (int at = 0; at < ready; at += 1) {
      struct connection *connection = events[at].data.ptr;
      if (!connection->asked) {
        ask(connection);
        struct epoll_event event = {.events = EPOLLIN | (connection->asked ? 0 : EPOLLOUT), .data.ptr = connection};
        if (epoll_ctl(poller, EPOLL_CTL_MOD, connection->fd, &event) < 0) fail("epoll_ctl");
      } else if (hear(connection)) {
        seen[connection->status] += 1;
        close(connection->fd);
        if (time >= until || !begin(connection)) open -= 1;
      }
    }
  }

  double elapsed = now() - started;
  const char *comma = "";
  printf("{\"statuses\":{");
  for (int status = 0; status < 1000; status += 1) {
    if (seen[status] == 0) continue;
    printf("%s\"%d\":%ld", comma, status, seen[status]);
    comma = ",";
  }
  printf("},\"elapsed\":%.6f,\"waited\":%.4f}\n", elapsed, waited / elapsed);
  return 0;
}
