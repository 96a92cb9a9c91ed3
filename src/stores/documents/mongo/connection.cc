#include "stores/documents/mongo/connection.h"

#include <fmt/format.h>
#include <mongoc/mongoc.h>

#include <algorithm>
#include <cstring>
#include <mutex>

#include "base/error.h"

namespace twin::mongo {
namespace {

constexpr const char* kDefaultDatabase = "twin";
// Of the wire protocol: MongoDB 4.2.
constexpr int64_t kOldestWire = 8;
// How long one attempt looks for a server: a call that is repeated looks again.
constexpr int kSelectionMilliseconds = 3000;
constexpr int kSocketMilliseconds = 60'000;
constexpr int kMajorityMilliseconds = 30'000;

struct Deleter {
  void operator()(mongoc_uri_t* uri) const { mongoc_uri_destroy(uri); }
  void operator()(mongoc_client_pool_t* pool) const { mongoc_client_pool_destroy(pool); }
  void operator()(mongoc_collection_t* collection) const { mongoc_collection_destroy(collection); }
  void operator()(mongoc_cursor_t* cursor) const { mongoc_cursor_destroy(cursor); }
  void operator()(mongoc_write_concern_t* concern) const { mongoc_write_concern_destroy(concern); }
  void operator()(mongoc_read_concern_t* concern) const { mongoc_read_concern_destroy(concern); }
};
template <class T>
using Owned = std::unique_ptr<T, Deleter>;

// A reply that is filled by a call and destroyed whatever it says.
class Reply {
 public:
  ~Reply() { bson_destroy(&bson_); }
  bson_t* get() { return &bson_; }
  BsonView view() const { return &bson_; }

 private:
  bson_t bson_ = BSON_INITIALIZER;
};

// Where the user information of a URI begins and ends; equal where it has none.
std::pair<size_t, size_t> user_information(std::string_view uri) {
  const size_t scheme = uri.find("://");
  if (scheme == std::string_view::npos) return {0, 0};
  const size_t begin = scheme + 3;
  const size_t end = uri.substr(0, uri.find('/', begin)).rfind('@');
  return end == std::string_view::npos || end < begin ? std::pair<size_t, size_t>{begin, begin}
                                                      : std::pair<size_t, size_t>{begin, end};
}

bool contains(const char* text, const char* part) { return std::strstr(text, part) != nullptr; }

// Whether the same call may succeed later. Codes: MongoDB's error_codes.yml, those its drivers call
// retryable.
bool may_pass(const bson_error_t& error) {
  if (contains(error.message, "TLS handshake failed") || contains(error.message, "certificate")) {
    return false;
  }
  if (error.domain == MONGOC_ERROR_SERVER_SELECTION || error.domain == MONGOC_ERROR_STREAM) {
    return error.code != MONGOC_ERROR_SERVER_SELECTION_BAD_WIRE_VERSION;
  }
  if (error.domain != MONGOC_ERROR_SERVER && error.domain != MONGOC_ERROR_WRITE_CONCERN) {
    return false;
  }
  constexpr uint32_t kCodes[] = {6,   7,    24,    64,    89,    91,    112,   134,   189,
                                 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436, 175};
  // FerretDB over SQLite, when others write for long.
  return std::find(std::begin(kCodes), std::end(kCodes), error.code) != std::end(kCodes) ||
         contains(error.message, "SQLITE_BUSY") || contains(error.message, "database is locked");
}

[[noreturn]] void fail(const std::string& name, const bson_error_t& error) {
  constexpr uint32_t kUnauthorized = 13, kAuthenticationFailed = 18;
  const bool denied =
      (error.domain == MONGOC_ERROR_CLIENT && error.code == MONGOC_ERROR_CLIENT_AUTHENTICATE) ||
      (error.domain == MONGOC_ERROR_SERVER &&
       (error.code == kUnauthorized || error.code == kAuthenticationFailed));
  if (denied) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{}: the server refuses these credentials: {}; the user's name is "
                            "part of the URI (mongodb://NAME@host/...&authSource=...), the "
                            "password is the environment variable MONGODB_PASSWORD",
                            name, error.message));
  }
  const char* advice = "";
  if (contains(error.message, "TLS") || contains(error.message, "certificate")) {
    advice = "; see tls=true, tlsCAFile=FILE and tlsCertificateKeyFile=FILE in the URI";
  } else if (error.domain == MONGOC_ERROR_SERVER_SELECTION) {
    advice = "; is the server running, and does it take TLS (tls=true in the URI)?";
  }
  throw Error(ErrorCode::kRemote, fmt::format("{}: {}{}", name, error.message, advice));
}

void initialize_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    mongoc_init();
    // What goes wrong is said by our errors.
    mongoc_log_set_handler([](mongoc_log_level_t, const char*, const char*, void*) {}, nullptr);
  });
}

Owned<mongoc_uri_t> read_uri(const ConnectionOptions& options) {
  bson_error_t error = {};
  Owned<mongoc_uri_t> uri(mongoc_uri_new_with_error(options.uri.c_str(), &error));
  if (!uri) {
    // The library's words may quote the URI, password and all.
    const bool secret = has_password(options.uri);
    throw Error(ErrorCode::kUsage,
                fmt::format("{}: not a MongoDB URI{}; expected mongodb://HOST[:PORT]/DATABASE",
                            without_password(options.uri),
                            secret ? std::string() : fmt::format(" ({})", error.message)));
  }
  if (!options.password.empty() && !mongoc_uri_set_password(uri.get(), options.password.c_str())) {
    throw Error(ErrorCode::kUsage, "the password for MongoDB is not UTF-8");
  }
  const auto unless_set = [&](const char* option, int value) {
    if (!mongoc_uri_has_option(uri.get(), option)) {
      mongoc_uri_set_option_as_int32(uri.get(), option, value);
    }
  };
  unless_set(MONGOC_URI_SERVERSELECTIONTIMEOUTMS, kSelectionMilliseconds);
  unless_set(MONGOC_URI_SOCKETTIMEOUTMS, kSocketMilliseconds);
  if (!mongoc_uri_has_option(uri.get(), MONGOC_URI_W)) {
    Owned<mongoc_write_concern_t> majority(mongoc_write_concern_new());
    mongoc_write_concern_set_wmajority(majority.get(), kMajorityMilliseconds);
    mongoc_uri_set_write_concern(uri.get(), majority.get());
  }
  if (!mongoc_uri_has_option(uri.get(), MONGOC_URI_READCONCERNLEVEL)) {
    Owned<mongoc_read_concern_t> majority(mongoc_read_concern_new());
    mongoc_read_concern_set_level(majority.get(), MONGOC_READ_CONCERN_LEVEL_MAJORITY);
    mongoc_uri_set_read_concern(uri.get(), majority.get());
  }
  mongoc_uri_set_appname(uri.get(), "twin-writer");
  return uri;
}

std::string place_of(const mongoc_uri_t* uri, const std::string& database) {
  std::string hosts;
  for (const mongoc_host_list_t* host = mongoc_uri_get_hosts(uri); host != nullptr;
       host = host->next) {
    hosts += (hosts.empty() ? "" : ",") + std::string(host->host_and_port);
  }
  if (hosts.empty() && mongoc_uri_get_srv_hostname(uri) != nullptr) {
    hosts = mongoc_uri_get_srv_hostname(uri);
  }
  return fmt::format("mongodb://{}/{}", hosts, database);
}

Bson unchecked() { return std::move(Bson().boolean("validate", false)); }

}  // namespace

// What a call of the library says of its failure.
struct Connection::Failure {
  bson_error_t error = {};
};

struct Connection::Pool {
  Owned<mongoc_client_pool_t> clients;
};

Bson by_id(std::string_view id) { return std::move(Bson().text("_id", id)); }

bool has_password(std::string_view uri) {
  const auto [begin, end] = user_information(uri);
  return uri.substr(begin, end - begin).find(':') != std::string_view::npos;
}

bool has_user(std::string_view uri) {
  const auto [begin, end] = user_information(uri);
  return end > begin;
}

std::string without_password(std::string_view uri) {
  const auto [begin, end] = user_information(uri);
  const size_t colon = uri.substr(begin, end - begin).find(':');
  if (colon == std::string_view::npos) return std::string(uri);
  return fmt::format("{}:***{}", uri.substr(0, begin + colon), uri.substr(end));
}

Connection::Connection(const Context& context, const ConnectionOptions& options)
    : context_(context), backoff_(options.backoff), pool_(std::make_unique<Pool>()) {
  initialize_once();
  const Owned<mongoc_uri_t> uri = read_uri(options);
  const char* database = mongoc_uri_get_database(uri.get());
  database_ = database == nullptr || *database == '\0' ? kDefaultDatabase : database;
  name_ = place_of(uri.get(), database_);
  bson_error_t error = {};
  pool_->clients.reset(mongoc_client_pool_new_with_error(uri.get(), &error));
  if (!pool_->clients) fail(name_, error);
  mongoc_client_pool_set_error_api(pool_->clients.get(), MONGOC_ERROR_API_VERSION_2);
  greet();
}

Connection::~Connection() = default;

bool Connection::run(const char* collection, const Work& work, bool once) const {
  Backoff backoff(context_, backoff_);
  bool told = false;
  while (true) {
    stop_if_interrupted(context_);
    Failure failure;
    const bson_error_t& error = failure.error;
    mongoc_client_t* client = mongoc_client_pool_pop(pool_->clients.get());
    bool done = false;
    {
      const Owned<mongoc_collection_t> handle(
          mongoc_client_get_collection(client, database_.c_str(), collection));
      done = work(handle.get(), failure);
    }
    mongoc_client_pool_push(pool_->clients.get(), client);
    if (done) {
      if (told) context_.log.info(fmt::format("{}: answers again", name_));
      return true;
    }
    constexpr uint32_t kDuplicateKey = 11000;
    if (error.code == kDuplicateKey) return false;
    if (!may_pass(error) || once) fail(name_, error);
    if (!told) {
      context_.log.warning(fmt::format("{}: {}; trying again", name_, error.message));
      told = true;
    }
    if (!backoff.wait()) fail(name_, error);
  }
}

void Connection::greet() {
  run(
      "twin_state",
      [&](mongoc_collection_t*, Failure& failure) {
        mongoc_client_t* client = mongoc_client_pool_pop(pool_->clients.get());
        Reply hello, build;
        const bool answered =
            mongoc_client_command_simple(client, "admin", Bson().integer("hello", 1).get(), nullptr,
                                         hello.get(), &failure.error) &&
            mongoc_client_command_simple(client, "admin", Bson().integer("buildInfo", 1).get(),
                                         nullptr, build.get(), &failure.error);
        mongoc_client_pool_push(pool_->clients.get(), client);
        if (!answered) return false;
        if (hello.view().integer("maxWireVersion") < kOldestWire) {
          throw Error(ErrorCode::kRemote,
                      fmt::format("{}: the server is MongoDB {}; 4.2 or newer is needed", name_,
                                  build.view().text("version")));
        }
        if (build.view().has("ferretdbVersion")) field_names_ = FieldNames::kNoMarks;
        return true;
      },
      true);
}

std::vector<Bson> Connection::find(const char* collection, const Bson& filter,
                                   const Bson& projection) const {
  Bson options;
  if (bson_count_keys(projection.get()) > 0) options.document("projection", projection);
  std::vector<Bson> found;
  run(collection, [&](mongoc_collection_t* handle, Failure& failure) {
    found.clear();
    const Owned<mongoc_cursor_t> cursor(
        mongoc_collection_find_with_opts(handle, filter.get(), options.get(), nullptr));
    const bson_t* document = nullptr;
    while (mongoc_cursor_next(cursor.get(), &document)) found.emplace_back(document);
    return !mongoc_cursor_error(cursor.get(), &failure.error);
  });
  return found;
}

std::optional<Bson> Connection::find_one(const char* collection, const Bson& filter,
                                         const Bson& projection) const {
  Bson options;
  options.integer("limit", 1).boolean("singleBatch", true);
  if (bson_count_keys(projection.get()) > 0) options.document("projection", projection);
  std::optional<Bson> found;
  run(collection, [&](mongoc_collection_t* handle, Failure& failure) {
    found.reset();
    const Owned<mongoc_cursor_t> cursor(
        mongoc_collection_find_with_opts(handle, filter.get(), options.get(), nullptr));
    const bson_t* document = nullptr;
    if (mongoc_cursor_next(cursor.get(), &document)) found.emplace(document);
    return !mongoc_cursor_error(cursor.get(), &failure.error);
  });
  return found;
}

std::optional<Bson> Connection::find_id(const char* collection, std::string_view id,
                                        const Bson& projection) const {
  return find_one(collection, by_id(id), projection);
}

std::vector<std::string> Connection::distinct(const char* collection, const char* field) const {
  Bson command;
  command.text("distinct", collection).text("key", field).document("query", Bson());
  std::vector<std::string> values;
  run(collection, [&](mongoc_collection_t* handle, Failure& failure) {
    Reply reply;
    if (!mongoc_collection_read_command_with_opts(handle, command.get(), nullptr, nullptr,
                                                  reply.get(), &failure.error)) {
      return false;
    }
    values = reply.view().texts("values");
    return true;
  });
  return values;
}

bool Connection::insert(const char* collection, const Bson& document) {
  const Bson options = unchecked();
  return run(collection, [&](mongoc_collection_t* handle, Failure& failure) {
    return mongoc_collection_insert_one(handle, document.get(), options.get(), nullptr,
                                        &failure.error);
  });
}

bool Connection::write(const char* collection, const Bson& filter, const Bson& document,
                       bool is_update, bool upsert) {
  Bson options = unchecked();
  options.boolean("upsert", upsert);
  bool matched = false;
  const bool written = run(collection, [&](mongoc_collection_t* handle, Failure& failure) {
    Reply reply;
    const auto call = is_update ? mongoc_collection_update_one : mongoc_collection_replace_one;
    if (!call(handle, filter.get(), document.get(), options.get(), reply.get(), &failure.error)) {
      return false;
    }
    matched = reply.view().integer("matchedCount") > 0;
    return true;
  });
  // Two upserts at once: the second finds what the first inserted, and is made again as an update.
  return written ? matched : write(collection, filter, document, is_update, upsert);
}

bool Connection::replace(const char* collection, const Bson& filter, const Bson& document) {
  return write(collection, filter, document, false, false);
}

bool Connection::update(const char* collection, const Bson& filter, const Bson& change) {
  return write(collection, filter, change, true, false);
}

void Connection::put(const char* collection, const Bson& document) {
  bson_iter_t id;
  TWIN_CHECK(bson_iter_init_find(&id, document.get(), "_id"));
  Bson filter;
  bson_append_iter(const_cast<bson_t*>(filter.get()), "_id", 3, &id);
  write(collection, filter, document, false, true);
}

void Connection::upsert(const char* collection, const Bson& filter, const Bson& change) {
  write(collection, filter, change, true, true);
}

void Connection::remove(const char* collection, const Bson& filter) {
  run(collection, [&](mongoc_collection_t* handle, Failure& failure) {
    return mongoc_collection_delete_many(handle, filter.get(), nullptr, nullptr, &failure.error);
  });
}

void Connection::create_index(const char* collection, const char* name,
                              const std::vector<const char*>& fields) {
  Bson keys, index, list, create;
  for (const char* field : fields) keys.integer(field, 1);
  index.document("key", keys).text("name", name);
  list.document("0", index);
  create.text("createIndexes", collection).list("indexes", list);
  run(collection, [&](mongoc_collection_t* handle, Failure& failure) {
    return mongoc_collection_write_command_with_opts(handle, create.get(), nullptr, nullptr,
                                                     &failure.error);
  });
}

void Connection::drop_database() {
  run("twin_state", [&](mongoc_collection_t*, Failure& failure) {
    mongoc_client_t* client = mongoc_client_pool_pop(pool_->clients.get());
    mongoc_database_t* database = mongoc_client_get_database(client, database_.c_str());
    const bool dropped = mongoc_database_drop(database, &failure.error);
    mongoc_database_destroy(database);
    mongoc_client_pool_push(pool_->clients.get(), client);
    return dropped;
  });
}

}  // namespace twin::mongo
