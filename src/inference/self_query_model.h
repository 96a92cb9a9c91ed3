#pragma once

#include <string>
#include <string_view>

#include "base/context.h"
#include "inference/self_query.h"
#include "models/structured_model.h"

namespace twin {

// Self-query by a model, behind the rules: it is asked for that alone of author, platform, time and
// tags which `taken` leaves open, and its answer is held to a JSON schema and checked: an author,
// platform or tag counts where a word of it stands in the request, a time where the request speaks
// of time at all. What counts joins understood.filter and understood.reasons; what does not, and
// why the model could not be asked, joins understood.notes. Errors: kInterrupted alone.
void understand_by_model(Context& context, StructuredModel& model, std::string_view request,
                         const KnownSources& known, const PassageFilter& taken,
                         UnderstoodRequest& understood);

}  // namespace twin
