// Writes files as a C++ source that web/assets.h declares: node embed.mjs OUT NAME=FILE...
import { readFileSync, writeFileSync } from "node:fs";

const [out, ...pairs] = process.argv.slice(2);
// Compilers limit one literal; neighbouring ones are joined.
const piece = 12000;
const mark = "~twin~";

function literal(text) {
  const parts = [];
  for (let i = 0; i < text.length; ) {
    let end = Math.min(i + piece, text.length);
    // Never between the two halves of a character beyond U+FFFF.
    if ((text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end += 1;
    parts.push(`R"${mark}(${text.slice(i, end)})${mark}"`);
    i = end;
  }
  return parts.join("\n");
}

const assets = pairs.map((pair) => {
  const [name, file] = pair.split("=");
  const text = readFileSync(file, "utf8").replaceAll("\r\n", "\n");
  if (text.includes(`)${mark}"`)) throw new Error(`${file} holds the literal's end`);
  return `    {"${name}", std::string_view(\n${literal(text)}, ${Buffer.byteLength(text)})},`;
});
writeFileSync(
  out,
  `#include "inference/web_assets.h"

namespace twin {

std::string_view web_asset(std::string_view name) {
  static constexpr struct {
    std::string_view name, bytes;
  } kAssets[] = {
${assets.join("\n")}
  };
  for (const auto& asset : kAssets) {
    if (asset.name == name) return asset.bytes;
  }
  return {};
}

}  // namespace twin
`,
);
