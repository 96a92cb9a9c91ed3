#include "features/html_marker.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

// Removed stretches in braces, code in "c<>", quotations in "q<>".
std::string marked(std::string_view text) {
  SpanList spans;
  HtmlMarker(text, spans).mark({0, text.size()}, SpanKind::kProse);
  std::string result;
  for (const Span& span : spans.take()) {
    const std::string bytes(slice(text, span.range));
    result += !span.kept()                    ? '{' + bytes + '}'
              : span.kind == SpanKind::kCode  ? "c<" + bytes + '>'
              : span.kind == SpanKind::kQuote ? "q<" + bytes + '>'
                                              : bytes;
  }
  return result;
}

TEST(HtmlMarker, TagsAndCommentsAreRemoved) {
  EXPECT_EQ(marked("a <b>c</b> <br/>d<!-- e -->f<IMG SRC=\"x>y\">g"),
            "a {<b>}c{</b>} {<br/>}d{<!-- e -->}f{<IMG SRC=\"x>y\">}g");
  EXPECT_EQ(marked("<?php x ?>a<!DOCTYPE html>b<![CDATA[c]]>"),
            "{<?php x ?>}a{<!DOCTYPE html>}b{<![CDATA[c]]>}");
  EXPECT_EQ(marked("<a\nhref='x'\n>b"), "{<a\nhref='x'\n>}b");
}

TEST(HtmlMarker, WhatOnlyLooksLikeATagIsTheAuthors) {
  for (const char* text : {"a < b > c", "List<Item>", "<your name>", "x <3 y", "\\<b>", "`<b>`",
                           "`` `<b>` ``", "<p\\>", "<https://example.org>", "<me@example.org>",
                           "<b", "<b and so on", "<!-- open", "</", "<", "<a href=\"open>"}) {
    EXPECT_EQ(marked(text), text);
  }
}

TEST(HtmlMarker, CodeAndQuotationsAreMarked) {
  EXPECT_EQ(marked("a <pre><code>x `y` \\<</code></pre> b"),
            "a {<pre><code>}c<x `y` \\<>{</code></pre>} b");
  EXPECT_EQ(marked("<blockquote>a<blockquote>b</blockquote>c</blockquote>d"),
            "{<blockquote>}q<a>{<blockquote>}q<b>{</blockquote>}q<c>{</blockquote>}d");
  EXPECT_EQ(marked("<BLOCKQUOTE>a</BlockQuote>b"), "{<BLOCKQUOTE>}q<a>{</BlockQuote>}b");
}

TEST(HtmlMarker, ScriptsGoWithTheirContent) {
  EXPECT_EQ(marked("a<script>if (x<b && \"'`) </p> y</script>b<style>c</style>"),
            "a{<script>if (x<b && \"'`) </p> y</script>}b{<style>c</style>}");
  EXPECT_EQ(marked("<svg><text>a</text></svg>b"), "{<svg><text>a</text></svg>}b");
}

TEST(HtmlMarker, AnElementThatIsNeverClosedChangesNothing) {
  EXPECT_EQ(marked("<code>a <b>c</b>"), "{<code>}a {<b>}c{</b>}");
  EXPECT_EQ(marked("<script>a"), "{<script>}a");
  EXPECT_EQ(marked("<pre>a</pre>b</pre>c<pre>d"), "{<pre>}c<a>{</pre>}b{</pre>}c{<pre>}d");
}

TEST(HtmlMarker, ElementsReachAcrossBlocks) {
  const std::string text = "<pre>a\n\nb\n\nc</pre>\n\nd";
  SpanList spans;
  HtmlMarker marker(text, spans);
  marker.mark({0, 8}, SpanKind::kProse);
  EXPECT_TRUE(marker.inside(8));
  marker.mark({8, 19}, SpanKind::kProse);
  EXPECT_FALSE(marker.inside(19));
  marker.mark({19, text.size()}, SpanKind::kProse);
  const std::vector<Span> found = spans.take();
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(slice(text, found[1].range), "a\n\nb\n\nc");
  EXPECT_EQ(found[1].kind, SpanKind::kCode);
  EXPECT_EQ(found[3].kind, SpanKind::kProse);
}

}  // namespace
}  // namespace twin
