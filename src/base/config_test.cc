#include "base/config.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace twin {
namespace {

Settings example() {
  return Settings({{"author", "", "who"},
                   {"train.base.steps", "400", "steps"},
                   {"train.base.learning_rate", "0.002", "rate"},
                   {"serve.open", "false", "flag"}});
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return "no error";
}

TEST(Settings, StrongerSourcesWinAndAreNamed) {
  Settings settings = example();
  EXPECT_EQ(settings.entries()[1].origin, "default");
  settings.load_yaml("train:\n  base:\n    steps: 10\n    learning_rate: 1e-3\n", "twin.yaml");
  EXPECT_EQ(settings.integer("train.base.steps"), 10);
  EXPECT_EQ(settings.entries()[1].origin, "twin.yaml");
  settings.load_environment([](const char* name) {
    return std::string_view(name) == "TWIN_TRAIN_BASE_STEPS" ? "20" : nullptr;
  });
  EXPECT_EQ(settings.integer("train.base.steps"), 20);
  EXPECT_EQ(settings.entries()[1].origin, "TWIN_TRAIN_BASE_STEPS");
  settings.set_flag("train.base.steps", "30");
  EXPECT_EQ(settings.integer("train.base.steps"), 30);
  EXPECT_EQ(settings.entries()[1].origin, "flag");
  EXPECT_DOUBLE_EQ(settings.number("train.base.learning_rate"), 1e-3);
}

TEST(Settings, UnknownKeyNamesTheNearest) {
  Settings settings = example();
  const std::string message =
      message_of([&] { settings.load_yaml("train: {base: {step: 3}}", "twin.yaml"); });
  EXPECT_NE(message.find("did you mean 'train.base.steps'"), std::string::npos) << message;
}

TEST(Settings, WrongTypeNamesKeyValueAndOrigin) {
  Settings settings = example();
  settings.set_flag("train.base.steps", "many");
  const std::string message = message_of([&] { settings.integer("train.base.steps"); });
  EXPECT_NE(message.find("train.base.steps (from flag) is 'many'"), std::string::npos) << message;
  settings.set_flag("serve.open", "perhaps");
  EXPECT_THROW(settings.boolean("serve.open"), Error);
}

TEST(Settings, BadYamlIsAUsageError) {
  Settings settings = example();
  for (const char* yaml :
       {"author: [unclosed", "- a\n- b\n", "author: {a: {b: 1}}", "author: [1]"}) {
    EXPECT_NE(message_of([&] { settings.load_yaml(yaml, "twin.yaml"); }), "no error") << yaml;
  }
  settings.load_yaml("", "twin.yaml");
  settings.load_yaml("# only a comment\n", "twin.yaml");
}

}  // namespace
}  // namespace twin
