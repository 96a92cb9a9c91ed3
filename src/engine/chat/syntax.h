#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/chat/value.h"

// A template as a tree.
namespace twin::chat {

// The index of a variable's name in Template::names.
using NameId = size_t;

struct Expression;
struct Statement;
using ExpressionPtr = std::unique_ptr<const Expression>;
using Body = std::vector<std::unique_ptr<const Statement>>;

struct CallArguments {
  std::vector<ExpressionPtr> positional;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
  ExpressionPtr spread;        // *x
  ExpressionPtr spread_named;  // **x
};

struct Expression {
  enum class Type {
    kConstant,   // constant
    kVariable,   // id
    kList,       // children
    kTuple,      // children
    kDict,       // children: key, value, key, value, ...
    kAttribute,  // children[0].text
    kSubscript,  // children[0][children[1]]
    kSlice,   // children[0][children[1] : children[2] : children[3]], each but the first maybe null
    kCall,    // children[0](call)
    kFilter,  // children[0] | text(call); children[0] is null in blocks
    kTest,    // children[0] is text(call)
    kNegate,  // - children[0]
    kPlus,    // + children[0]
    kLogicalNot,  // not children[0]
    kLogicalAnd,
    kLogicalOr,
    kConditional,  // children[1] if children[0] else children[2], which may be null
    kArithmetic,   // children[0] text children[1]
    kConcatenation,
    kComparison  // children[0] operators[0] children[1] operators[1] children[2] ...
  };
  Type type = Type::kConstant;
  size_t line = 0;
  size_t depth = 1;  // of this tree
  Value constant;
  NameId id = 0;
  std::string text;
  std::vector<std::string> operators;
  std::vector<ExpressionPtr> children;
  CallArguments call;
};

// Where a value goes: a name, a tuple of targets, or an attribute of a namespace.
struct Target {
  enum class Type { kName, kTuple, kAttribute };
  Type type = Type::kName;
  NameId id = 0;
  std::string attribute;
  std::vector<Target> parts;
};

// The parameters and body of a macro or call block.
struct Function {
  std::string name;  // empty for call blocks
  std::vector<NameId> parameters;
  std::vector<std::string> parameter_names;
  std::vector<ExpressionPtr> defaults;  // of the last parameters
  Body body;
  bool uses_caller = false;
  bool uses_kwargs = false;
  bool uses_varargs = false;
};

struct Statement {
  enum class Type {
    kText,         // text, as it stands
    kOutput,       // expression, printed
    kLoop,         // for target in expression if condition: body, otherwise
    kBranch,       // conditions[i]: bodies[i]; the last body may have no condition
    kAssign,       // target = expression
    kAssignBlock,  // target = what body prints, through the filters of expression if there are any
    kMacro,        // target.id = function
    kCallBlock,    // expression is the call, function its caller
    kFilterBlock,  // expression is the filter of what body prints
    kWith,         // targets = values: body
    kGeneration,   // body
    kBreakLoop,
    kContinueLoop
  };
  Type type = Type::kText;
  size_t line = 0;
  TrackedText text;
  ExpressionPtr expression;
  ExpressionPtr condition;
  Target target;
  bool recursive = false;
  Body body;
  Body otherwise;
  std::vector<ExpressionPtr> conditions;
  std::vector<Body> bodies;
  std::vector<Target> targets;
  std::vector<ExpressionPtr> values;
  Function function;
};

struct Template {
  std::vector<std::string> names;
  Body body;
};

}  // namespace twin::chat
