#pragma once

#include <string>

#include "cli/command.h"
#include "training/train.h"
#include "training/train_examples.h"
#include "training/train_own_preferences.h"
#include "training/train_preferences.h"

namespace twin {

// The workspace's folders and settings in the terms of training; each checks its values.
// Errors: kUsage naming the setting, what it is and what is expected.
TrainingFolders training_folders(Session& session);
double test_share(Session& session);
TokenizerTraining tokenizer_training(Session& session);
BaseTraining base_training(Session& session);
// group: the settings' common begin, "train.sft" or "train.dpo".
FineTuning fine_tuning(Session& session, const std::string& group);
SftTraining sft_training(Session& session);
// But for what the command line alone says: base, files, template, folders.
ExampleTraining example_training(Session& session);
PreferenceTraining preference_training(Session& session);
OwnPreferenceTraining own_preference_training(Session& session);

// A setting as a size between the bounds, both included.
size_t size_setting(Session& session, const std::string& key, size_t low, size_t high);
// A number above 0.
double positive_setting(Session& session, const std::string& key);

}  // namespace twin
