#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "stores/documents/mongo/bson.h"
#include "stores/documents/mongo/bson_json.h"
#include "stores/documents/mongo/connection_options.h"

typedef struct _mongoc_client_t mongoc_client_t;
typedef struct _mongoc_collection_t mongoc_collection_t;

namespace twin::mongo {

// One database of a MongoDB server: what the store asks of it. Writes are acknowledged by the
// majority, reads are of what the majority has. Thread-safe; connections are kept and shared.
//
// A call that fails for a reason that passes (no connection, a server that stops, a new primary) is
// made again; a write may then find that it had happened already, which insert() and replace()
// report as false.
// Errors: kUsage for a URI that is none and credentials that are refused; kRemote where the server
// cannot be reached, is too old or refuses; kInterrupted.
class Connection {
 public:
  // Connects, and asks the server what it is.
  Connection(const Context& context, const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // "mongodb://host:port/database", without secrets.
  const std::string& name() const { return name_; }
  FieldNames field_names() const { return field_names_; }

  std::optional<Bson> find_one(const char* collection, const Bson& filter,
                               const Bson& projection = {}) const;
  // By _id.
  std::optional<Bson> find_id(const char* collection, std::string_view id,
                              const Bson& projection = {}) const;
  std::vector<Bson> find(const char* collection, const Bson& filter,
                         const Bson& projection = {}) const;
  // The texts that a field has.
  std::vector<std::string> distinct(const char* collection, const char* field) const;

  // Whether it was not there before.
  bool insert(const char* collection, const Bson& document);
  // Whether one matched.
  bool replace(const char* collection, const Bson& filter, const Bson& document);
  bool update(const char* collection, const Bson& filter, const Bson& change);
  // Inserted, or replaced by _id.
  void put(const char* collection, const Bson& document);
  // Changed, or inserted.
  void upsert(const char* collection, const Bson& filter, const Bson& change);
  void remove(const char* collection, const Bson& filter);
  void create_index(const char* collection, const char* name,
                    const std::vector<const char*>& fields);
  // With all that is in it: for tests.
  void drop_database();

 private:
  struct Pool;
  struct Failure;
  using Work = std::function<bool(mongoc_collection_t*, Failure&)>;
  // Makes `work` true, again and again where its error may pass. False: the error of a duplicate
  // _id.
  bool run(const char* collection, const Work& work, bool once = false) const;
  bool write(const char* collection, const Bson& filter, const Bson& document, bool is_update,
             bool upsert);
  void greet();

  const Context& context_;
  BackoffOptions backoff_;
  std::string name_, database_;
  FieldNames field_names_ = FieldNames::kAny;
  std::unique_ptr<Pool> pool_;
};

// {_id: id}.
Bson by_id(std::string_view id);

}  // namespace twin::mongo
