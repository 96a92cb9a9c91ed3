#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/command.h"
#include "domain/masking.h"
#include "stores/copy_documents.h"
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

// A workspace or a Qdrant server, opened.
class Place {
 public:
  Place(Session& session, const std::string& name) : name_(name) {
    Context& context = session.context();
    if (name.starts_with("mongodb:") || name.starts_with("mongodb+srv:")) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("{}: a document store in MongoDB is not there yet; a place is a "
                              "workspace's folder or the URL of a Qdrant server",
                              name));
    }
    if (is_http_url(name)) {
      QdrantOptions options;
      options.url = name;
      if (const char* key = std::getenv("QDRANT_API_KEY")) options.api_key = key;
      client_ = make_http_client(context);
      end_ = make_qdrant_end(context, *client_, options);
      return;
    }
    const Workspace workspace{fs::absolute(name)};
    if (!fs::exists(workspace.root / "twin.yaml")) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("{}: no twin.yaml there; `twin init {}` makes one", name, name));
    }
    root_ = fs::canonical(workspace.root);
    documents_ = open_sqlite_document_store(workspace.database().string());
    const char* isa = std::getenv("TWIN_FORCE_ISA");
    collections_ =
        open_vector_collections(context, workspace.vectors(), {.isa = isa == nullptr ? "" : isa});
    end_ = make_workspace_end(*collections_);
  }

  const std::string& name() const { return name_; }
  const fs::path& root() const { return root_; }
  DocumentStore* documents() const { return documents_.get(); }  // null: a server
  CollectionsEnd& collections() const { return *end_; }

 private:
  std::string name_;
  fs::path root_;
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
    for (const std::string& name : from.collections().list()) {
      const bool ours = name.starts_with("embedded_") || name.starts_with("cleaned_");
      if (ours || !is_http_url(from.name())) names.push_back(name);
    }
  }
  Json report = Json::object();
  for (const std::string& name : names) {
    const PointCopy copy = copy_collection(context, from.collections(), to.collections(), name);
    report[name] = {
        {"points", copy.points}, {"written", copy.written}, {"only_in_target", copy.only_there}};
  }
  return report;
}

void run_copy(Session& session, const CopyFlags& flags) {
  const Place from(session, flags.from), to(session, flags.to);
  if ((from.documents() != nullptr && to.documents() != nullptr && from.root() == to.root()) ||
      flags.from == flags.to) {
    throw Error(ErrorCode::kUsage, "--from and --to are the same place");
  }
  Context& context = session.context();
  Json json = {{"from", flags.from}, {"to", flags.to}};
  if (flags.only != "vectors") {
    if (from.documents() == nullptr) {
      const std::string why =
          "a Qdrant server holds no documents as they came, only clean text and vectors";
      if (flags.only == "documents")
        throw Error(ErrorCode::kUsage, fmt::format("{}: {}", flags.from, why));
      context.log.info(fmt::format("documents stay as they are: {}", why));
    } else if (to.documents() == nullptr) {
      json["cleaned"] = copy_cleaned(context, *from.documents(), to.collections());
    } else {
      const DocumentCopy copy = copy_documents(context, *from.documents(), *to.documents());
      json["documents"] = {
          {"documents", copy.documents}, {"copied", copy.copied}, {"versions", copy.versions}};
      session.print(
          fmt::format("documents: {}, of which {} were not there\n", copy.documents, copy.copied));
    }
  }
  if (flags.only != "documents") {
    json["collections"] = copy_collections(context, flags, from, to);
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
  copy->add_option("--from", flags->from, "A workspace's folder or a Qdrant server's URL")
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
      "  QDRANT_API_KEY=... twin store copy --from . --to https://qdrant.example.org:6333\n"
      "  twin store copy --from http://localhost:6333 --to . --only vectors\n\n"
      "Between workspaces: authors, documents with all versions, features, vectors. To a Qdrant\n"
      "server: the vectors, and clean documents as cleaned_articles, cleaned_posts and\n"
      "cleaned_repositories. From one: vectors and whatever else its collections hold, but no\n"
      "documents as they came. Nothing is ever removed from the target.");
  copy->callback([&invocation, flags] {
    invocation.run = [flags](Session& session) { run_copy(session, *flags); };
  });
}

}  // namespace twin
