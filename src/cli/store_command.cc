#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/command.h"
#include "cli/document_place.h"
#include "cli/session.h"
#include "domain/masking.h"
#include "stores/copy_documents.h"
#include "stores/documents/mongo/connection_options.h"
#include "stores/vectors/copy_points.h"
#include "stores/vectors/point_payload.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

struct CopyFlags {
  std::string from, to, only;
  std::vector<std::string> collections;
};

constexpr size_t kBatch = 64;  // documents written to a server at a time

// A workspace, a MongoDB database, a file such as twin.db or a Qdrant server, opened.
class Place {
 public:
  Place(Session& session, const std::string& name) : name_(name) {
    Context& context = session.context();
    if (is_http_url(name)) {
      QdrantOptions options;
      options.url = name;
      if (const char* key = std::getenv("QDRANT_API_KEY")) options.api_key = key;
      client_ = make_http_client(context);
      end_ = make_qdrant_end(context, *client_, options);
    } else if (is_mongodb_uri(name)) {
      name_ = document_place_ = mongo::without_password(name);
      documents_ = open_mongodb(context, name);
    } else if (fs::is_regular_file(name)) {
      document_place_ = fs::canonical(name).string();
      documents_ = open_sqlite_document_store(document_place_);
    } else {
      const Workspace workspace = workspace_at(name);
      name_ = fs::canonical(workspace.root).string();
      open_workspace(context, Workspace{name_});
    }
  }

  const std::string& name() const { return name_; }
  bool is_qdrant() const { return client_ != nullptr; }
  // Null: a Qdrant server, which has none.
  DocumentStore* documents() const { return documents_.get(); }
  const std::string& document_place() const { return document_place_; }
  // Null: documents alone.
  CollectionsEnd* collections() const { return end_.get(); }

 private:
  void open_workspace(Context& context, const Workspace& workspace) {
    Settings settings(known_settings());
    load_settings(workspace, settings);
    document_place_ = twin::document_place(workspace, settings);
    documents_ = open_documents(context, workspace, settings);
    const char* isa = std::getenv("TWIN_FORCE_ISA");
    collections_ =
        open_vector_collections(context, workspace.vectors(), {.isa = isa == nullptr ? "" : isa});
    end_ = make_workspace_end(*collections_);
  }

  std::string name_, document_place_;
  std::unique_ptr<DocumentStore> documents_;
  std::unique_ptr<VectorCollections> collections_;
  std::unique_ptr<HttpClient> client_;
  std::unique_ptr<CollectionsEnd> end_;
};

// A clean document as the reference system keeps it in Qdrant: a point without a vector.
CollectionPoint cleaned_point(const RawDocument& document, const Features& features) {
  std::string content;
  for (const Span& span : features.clean.spans) {
    if (span.kept()) content += masked(document.verbatim, span.range, features.clean.private_spans);
  }
  const Json payload = {
      {"document_id", document.id},
      {"content", content},
      {"platform", document.platform},
      {"author_id", document.author_id},
      {"author_full_name", document.author_full_name},
      {"link", document.link},
      {"title", features.chunks.empty() ? document.title : features.chunks[0].title},
      {"date", document.date},
      {"tags", document.tags},
      {"content_hash", document.content_hash}};
  const auto uuid = vectors::PointId::from_uuid(document.id);
  return {uuid ? *uuid : vectors::point_id(document.id), dump_json(payload)};
}

// The workspace's clean documents into cleaned_articles, cleaned_posts and cleaned_repositories.
Json copy_cleaned(const Context& context, const DocumentStore& from, CollectionsEnd& to) {
  Json report = Json::object();
  for (const Category category : vectors::kCategories) {
    const std::string name = fmt::format("cleaned_{}", name_of(category));
    const std::vector<DocumentSummary> documents = from.documents({{}, category});
    if (documents.empty()) continue;
    if (!to.find(name)) to.create({.name = name, .fields = {{"author_id", "keyword"}}});
    PointCopy copy;
    size_t without = 0;
    std::vector<CollectionPoint> points;
    const auto flush = [&] {
      const PointCopy part = copy_points(to, name, std::move(points));
      points.clear();
      copy.points += part.points;
      copy.written += part.written;
    };
    const auto bar = context.progress.start(name, documents.size());
    for (size_t i = 0; i < documents.size(); ++i) {
      stop_if_interrupted(context);
      const std::optional<Features> features = from.features(documents[i].id);
      if (features) {
        points.push_back(
            cleaned_point(*from.document(documents[i].id, features->clean.version), *features));
      } else {
        ++without;
      }
      if (points.size() == kBatch) flush();
      bar->update(i + 1);
    }
    flush();
    bar->finish();
    if (without > 0) {
      context.log.warning(
          fmt::format("{}: {} documents have not been cleaned and were left out; "
                      "`twin features` cleans them",
                      name, without));
    }
    report[name] = {{"points", copy.points}, {"written", copy.written}, {"not_cleaned", without}};
  }
  return report;
}

Json copy_collections(const Context& context, const CopyFlags& flags, const Place& from,
                      const Place& to) {
  std::vector<std::string> names = flags.collections;
  if (names.empty()) {
    for (const std::string& name : from.collections()->list()) {
      const bool ours = name.starts_with("embedded_") || name.starts_with("cleaned_");
      if (ours || !from.is_qdrant()) names.push_back(name);
    }
  }
  Json report = Json::object();
  for (const std::string& name : names) {
    const PointCopy copy = copy_collection(context, *from.collections(), *to.collections(), name);
    report[name] = {
        {"points", copy.points}, {"written", copy.written}, {"only_in_target", copy.only_there}};
  }
  return report;
}

void run_copy(Session& session, const CopyFlags& flags) {
  const Place from(session, flags.from), to(session, flags.to);
  const bool same_documents = from.documents() != nullptr && flags.only != "vectors" &&
                              from.document_place() == to.document_place();
  if (from.name() == to.name() || same_documents) {
    throw Error(ErrorCode::kUsage, fmt::format("--from and --to are the same place: {}",
                                               same_documents ? from.document_place() : to.name()));
  }
  Context& context = session.context();
  Json json = {{"from", from.name()}, {"to", to.name()}};
  if (flags.only != "vectors") {
    if (from.documents() == nullptr) {
      const std::string why =
          "a Qdrant server holds no documents as they came, only clean text and vectors";
      if (flags.only == "documents")
        throw Error(ErrorCode::kUsage, fmt::format("{}: {}", flags.from, why));
      context.log.info(fmt::format("documents stay as they are: {}", why));
    } else if (to.documents() == nullptr) {
      json["cleaned"] = copy_cleaned(context, *from.documents(), *to.collections());
    } else {
      const DocumentCopy copy = copy_documents(context, *from.documents(), *to.documents());
      json["documents"] = {
          {"documents", copy.documents}, {"copied", copy.copied}, {"versions", copy.versions}};
      session.print(
          fmt::format("documents: {}, of which {} were not there\n", copy.documents, copy.copied));
    }
  }
  const Place* without = from.collections() == nullptr ? &from
                         : to.collections() == nullptr ? &to
                                                       : nullptr;
  if (flags.only != "documents" && without == nullptr) {
    json["collections"] = copy_collections(context, flags, from, to);
  } else if (flags.only == "vectors") {
    throw Error(ErrorCode::kUsage,
                fmt::format("{}: holds documents alone; vectors are in a workspace or a Qdrant "
                            "server",
                            without->name()));
  } else if (flags.only.empty()) {
    context.log.info(fmt::format(
        "vectors stay where they are: {} holds documents alone; `twin features` embeds them where "
        "they are missing",
        without->name()));
  }
  for (const char* part : {"cleaned", "collections"}) {
    if (!json.contains(part)) continue;
    for (const auto& [name, copy] : json[part].items()) {
      session.print(fmt::format("{}: {} points, of which {} were not there\n", name,
                                copy["points"].get<size_t>(), copy["written"].get<size_t>()));
    }
  }
  session.print("All of it is in the target: compared by count and content.\n");
  session.print_json(json);
}

}  // namespace

void add_store_command(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<CopyFlags>();
  CLI::App* command = app.add_subcommand("store", "Documents and vectors between stores");
  command->require_subcommand(1);
  CLI::App* copy = command->add_subcommand(
      "copy",
      "Bring documents and vectors from one store to another; goes on where it was cut off");
  copy->add_option(
          "--from", flags->from,
          "A workspace's folder, a MongoDB database's URI, a twin.db or a Qdrant server's URL")
      ->required();
  copy->add_option("--to", flags->to, "Likewise")->required();
  copy->add_option("--only", flags->only, "documents or vectors; default: both")
      ->check(CLI::IsMember({"documents", "vectors"}));
  copy->add_option("--collection", flags->collections,
                   "Collections of vectors; default: all of a workspace, embedded_* and cleaned_* "
                   "of a server");
  copy->footer(
      "Examples:\n"
      "  twin store copy --from . --to ../moved\n"
      "  MONGODB_PASSWORD=... twin store copy --from . --to mongodb://ada@db.example.org/twin\n"
      "  QDRANT_API_KEY=... twin store copy --from . --to https://qdrant.example.org:6333\n"
      "  twin store copy --from http://localhost:6333 --to . --only vectors\n\n"
      "Between workspaces: authors, documents with all versions, features, vectors. A workspace's\n"
      "documents are where its twin.yaml keeps them. A MongoDB database and a twin.db hold all of\n"
      "these but vectors. To a Qdrant server: the vectors, and clean documents as\n"
      "cleaned_articles, cleaned_posts and cleaned_repositories. From one: vectors and whatever\n"
      "else its collections hold, but no documents as they came. Nothing is ever removed from the\n"
      "target.");
  copy->callback([&invocation, flags] {
    invocation.run = [flags](Session& session) { run_copy(session, *flags); };
  });
}

}  // namespace twin
