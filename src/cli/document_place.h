#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/config.h"
#include "base/context.h"
#include "cli/command.h"
#include "stores/documents/document_store.h"

namespace twin {

// Whether a place is named as a MongoDB database is: "mongodb://...", "mongodb+srv://...".
bool is_mongodb_uri(std::string_view place);

// Where a workspace keeps its documents, named so that two names of one place are equal: its
// twin.db, or the URI in the setting `documents`, without a password. Errors: kUsage for another
// setting.
std::string document_place(const Workspace& workspace, const Settings& settings);

// Opens that. The password of a MongoDB database is MONGODB_PASSWORD, unless the URI has one.
// `context` outlives the store.
std::unique_ptr<DocumentStore> open_documents(const Context& context, const Workspace& workspace,
                                              const Settings& settings);

// A MongoDB database without a workspace: its passages are not kept for searches.
std::unique_ptr<DocumentStore> open_mongodb(const Context& context, const std::string& uri);

// The settings of the folder's twin.yaml alone, added to `settings`.
void load_settings(const Workspace& workspace, Settings& settings);

}  // namespace twin
