#pragma once

#include <gmime/gmime.h>

#include <string>
#include <string_view>

namespace twin {

// Why a mail is nothing that was written by hand and sent, by its headers: "a draft", "spam",
// "deleted", "automatic (Auto-Submitted: auto-replied)", "mass mail (List-Unsubscribe)", ...; empty
// where it was. A mail to a discussion list (List-Post) was.
std::string why_not_written(GMimeMessage* message);

// The same by the folder or label it is in, whatever its case, in the languages mail programs
// speak: "Drafts", "Entwürfe", "[Gmail].Spam", "Corbeille". Empty for others.
std::string why_not_written(std::string_view folder);

}  // namespace twin
