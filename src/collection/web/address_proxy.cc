#include "collection/web/address_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "base/public_address.h"

namespace twin {
namespace {

constexpr int kPollMilliseconds = 200;
constexpr int kConnectMilliseconds = 10'000;
constexpr int kIdlePolls = 60'000 / kPollMilliseconds;  // a tunnel without a byte for a minute ends

// RFC 1928, section 6.
constexpr unsigned char kSucceeded = 0, kFailed = 1, kNotAllowed = 2, kUnreachable = 4,
                        kNoCommand = 7;

// Reads exactly `size` bytes; false where the other side ends or stalls first.
bool read_all(int socket, unsigned char* bytes, size_t size) {
  for (size_t have = 0; have < size;) {
    pollfd ready{socket, POLLIN, 0};
    if (::poll(&ready, 1, kConnectMilliseconds) <= 0) return false;
    const ssize_t count = ::recv(socket, bytes + have, size - have, 0);
    if (count <= 0) return false;
    have += static_cast<size_t>(count);
  }
  return true;
}

bool write_all(int socket, const char* bytes, size_t size) {
  while (size > 0) {
    pollfd ready{socket, POLLOUT, 0};
    if (::poll(&ready, 1, kConnectMilliseconds) <= 0) return false;
    const ssize_t count = ::send(socket, bytes, size, MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes += count;
    size -= static_cast<size_t>(count);
  }
  return true;
}

void send_reply(int socket, unsigned char reply) {
  const unsigned char bytes[] = {5, reply, 0, 1, 0, 0, 0, 0, 0, 0};
  write_all(socket, reinterpret_cast<const char*>(bytes), sizeof bytes);
}

struct AddressDeleter {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

// A connected socket, or -1.
int open_connection(const addrinfo& address) {
  const int socket = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
  int error = 0;
  if (::connect(socket, address.ai_addr, address.ai_addrlen) != 0) {
    socklen_t size = sizeof error;
    pollfd ready{socket, POLLOUT, 0};
    const bool begun = errno == EINPROGRESS && ::poll(&ready, 1, kConnectMilliseconds) == 1 &&
                       ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0;
    if (!begun || error != 0) {
      ::close(socket);
      return -1;
    }
  }
  return socket;
}

}  // namespace

AddressProxy::AddressProxy(const Limits& limits) : limits_(limits) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    const std::string why = std::strerror(errno);
    if (listener_ >= 0) ::close(listener_);
    throw Error(ErrorCode::kFailed, fmt::format("the browser's proxy cannot listen: {}", why));
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

AddressProxy::~AddressProxy() {
  stopping_ = true;
  acceptor_.join();
  ::close(listener_);
  for (Connection& connection : connections_) connection.thread.join();
}

std::vector<std::string> AddressProxy::refused() const {
  std::lock_guard lock(mutex_);
  return refused_;
}

void AddressProxy::note_refused(std::string what) {
  constexpr size_t kMaxNoted = 100;
  std::lock_guard lock(mutex_);
  if (refused_.size() < kMaxNoted &&
      std::find(refused_.begin(), refused_.end(), what) == refused_.end()) {
    refused_.push_back(std::move(what));
  }
}

void AddressProxy::accept_all() {
  while (!stopping_) {
    connections_.remove_if([](Connection& connection) {
      if (!connection.done) return false;
      connection.thread.join();
      return true;
    });
    pollfd ready{listener_, POLLIN, 0};
    if (::poll(&ready, 1, kPollMilliseconds) <= 0) continue;
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) continue;
    ::fcntl(client, F_SETFD, FD_CLOEXEC);
    if (connections_.size() >= limits_.max_connections) {
      ::close(client);
      continue;
    }
    Connection& connection = connections_.emplace_back();
    connection.client = client;
    connection.thread = std::thread([this, &connection] {
      serve(connection);
      ::close(connection.client);
      connection.done = true;
    });
  }
}

void AddressProxy::serve(Connection& connection) {
  const int client = connection.client;
  unsigned char bytes[256];
  if (!read_all(client, bytes, 2) || bytes[0] != 5 || !read_all(client, bytes + 2, bytes[1]))
    return;
  if (!write_all(client, "\x05\x00", 2)) return;  // no authentication
  if (!read_all(client, bytes, 4) || bytes[0] != 5) return;
  if (bytes[1] != 1) return send_reply(client, kNoCommand);  // CONNECT alone
  std::string host;
  if (bytes[3] == 3) {
    unsigned char size = 0;
    if (!read_all(client, &size, 1) || !read_all(client, bytes, size)) return;
    host.assign(reinterpret_cast<char*>(bytes), size);
  } else {
    const int family = bytes[3] == 1 ? AF_INET : AF_INET6;
    char text[INET6_ADDRSTRLEN];
    if (!read_all(client, bytes, family == AF_INET ? 4 : 16)) return;
    host = ::inet_ntop(family, bytes, text, sizeof text);
  }
  if (!read_all(client, bytes, 2)) return;
  unsigned char reply = kFailed;
  const int server = connect_to(host, bytes[0] << 8 | bytes[1], reply);
  send_reply(client, reply);
  if (server < 0) return;
  relay(client, server);
  ::close(server);
}

int AddressProxy::connect_to(const std::string& host, int port, unsigned char& reply) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  reply = kUnreachable;
  if (host.find('\0') != std::string::npos ||
      ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) {
    return -1;
  }
  const std::unique_ptr<addrinfo, AddressDeleter> list(found);
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    if (limits_.public_addresses_only && !is_public_address(address->ai_addr)) {
      reply = kNotAllowed;
      note_refused(fmt::format("{}:{} ({})", address_text(address->ai_addr), port, host));
      continue;
    }
    if (const int server = open_connection(*address); server >= 0) {
      reply = kSucceeded;
      return server;
    }
  }
  return -1;
}

void AddressProxy::relay(int client, int server) {
  std::vector<char> bytes(64 << 10);
  int idle = 0;
  while (!stopping_ && idle < kIdlePolls) {
    pollfd ready[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    const int count = ::poll(ready, 2, kPollMilliseconds);
    if (count < 0 && errno != EINTR) return;
    idle = count == 0 ? idle + 1 : 0;
    for (int side = 0; count > 0 && side < 2; ++side) {
      if (ready[side].revents == 0) continue;
      const ssize_t size = ::recv(ready[side].fd, bytes.data(), bytes.size(), 0);
      if (size <= 0) return;
      if (side == 1 && (received_ += static_cast<uint64_t>(size)) > limits_.max_bytes) return;
      if (!write_all(ready[1 - side].fd, bytes.data(), static_cast<size_t>(size))) return;
    }
  }
}

}  // namespace twin
