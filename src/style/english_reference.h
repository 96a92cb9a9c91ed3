#pragma once

#include <vector>

namespace twin {

// How English prose runs on average, in passages of 250 words: what stands in for impostors where
// there are none. Means and standard deviations of function_words() (shares of words),
// punctuation_names() (per 1,000 characters) and shape_names(), in that order.
// Made by bench/make_english_reference.cc.
struct EnglishReference {
  std::vector<double> mean, deviation;
};
const EnglishReference& english_reference();

}  // namespace twin
