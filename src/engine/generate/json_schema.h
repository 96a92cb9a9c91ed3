#pragma once

#include <string>
#include <string_view>

#include "engine/generate/grammar.h"

namespace twin {

// A JSON schema (draft 2020-12, the parts below) as grammar text (GBNF) whose outputs are JSON that
// is valid against it. Not every valid JSON can be written: properties come in the schema's order,
// between tokens there is at most one space, and none beyond `properties` are written unless
// additionalProperties asks for them.
//
// Understood: type (one or several), nullable, properties, required, additionalProperties, items,
// prefixItems, minItems, maxItems, enum, const, anyOf, oneOf (where no two branches can match the
// same value), allOf (merged), $ref within the document (recursive too), minLength, maxLength,
// pattern, format (date, time, date-time, uuid, email, hostname, ipv4, uri), minimum, maximum,
// exclusiveMinimum, exclusiveMaximum. Annotations are ignored. Hostile input. Errors: kBadInput
// with `where` and the path in the schema: a keyword that is not supported, by name; a combination
// that is not; a schema that nothing matches.
std::string json_schema_to_gbnf(std::string_view schema, std::string_view where);
Grammar json_schema_grammar(std::string_view schema, std::string_view where);

}  // namespace twin
