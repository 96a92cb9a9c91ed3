#pragma once

#include "cli/command.h"
#include "training/train.h"
#include "training/train_examples.h"

namespace twin {

// The workspace's folders and settings in the terms of training; each checks its values.
// Errors: kUsage naming the setting, what it is and what is expected.
TrainingFolders training_folders(Session& session);
double test_share(Session& session);
TokenizerTraining tokenizer_training(Session& session);
BaseTraining base_training(Session& session);
FineTuning fine_tuning(Session& session);
SftTraining sft_training(Session& session);
// But for what the command line alone says: base, files, template, folders.
ExampleTraining example_training(Session& session);

// A setting as a size between the bounds, both included.
size_t size_setting(Session& session, const char* key, size_t low, size_t high);
// A number above 0.
double positive_setting(Session& session, const char* key);

}  // namespace twin
