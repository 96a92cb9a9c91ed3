#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace twin {

// A SOCKS5 proxy on a loopback port of its own, for a browser to reach the Internet through: it
// looks names up itself and connects only to public addresses (base/public_address.h), to the very
// address it checked. Whatever the browser is made to ask for, by redirects, scripts or changing
// DNS, goes through this one gate. TCP alone; no authentication, as it listens on loopback and
// reaches nothing that its user could not. Source: RFC 1928. Thread-safe.
class AddressProxy {
 public:
  struct Limits {
    bool public_addresses_only = true;
    uint64_t max_bytes = uint64_t{512} << 20;  // received through it in all
    size_t max_connections = 128;              // at a time
  };

  // Errors: kFailed if it cannot listen.
  explicit AddressProxy(const Limits& limits);
  ~AddressProxy();
  AddressProxy(const AddressProxy&) = delete;
  AddressProxy& operator=(const AddressProxy&) = delete;

  int port() const { return port_; }
  // "127.0.0.1:80 (printer.local)": what was asked for and refused, each once.
  std::vector<std::string> refused() const;

 private:
  struct Connection {
    int client = -1;
    std::atomic<bool> done = false;
    std::thread thread;
  };

  void accept_all();
  void serve(Connection& connection);
  int connect_to(const std::string& host, int port, unsigned char& reply);
  void relay(int client, int server);
  void note_refused(std::string what);

  Limits limits_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> received_ = 0;
  mutable std::mutex mutex_;
  std::list<Connection> connections_;
  std::vector<std::string> refused_;
  std::thread acceptor_;
};

}  // namespace twin
