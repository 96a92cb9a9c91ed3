#include "training/pages/svg_plot.h"

#include <fmt/format.h>

#include <cmath>

namespace twin {
namespace {

constexpr double kTop = 12, kRight = 16, kBottom = 40;

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::vector<double> ticks(double low, double high, size_t count) {
  if (!(high > low) || count == 0) return {low};
  const double rough = (high - low) / static_cast<double>(count);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double unit = rough / power;
  const double step = power * (unit < 1.5 ? 1 : unit < 3.5 ? 2 : unit < 7.5 ? 5 : 10);
  std::vector<double> values;
  for (double value = std::ceil(low / step) * step; value <= high + step * 1e-9; value += step) {
    values.push_back(std::abs(value) < step * 1e-9 ? 0 : value);
  }
  return values;
}

SvgPlot::SvgPlot(std::string title, Range x, Range y, double width, double height, double left)
    : title_(std::move(title)), x_(x), y_(y), width_(width), height_(height), left_(left) {}

double SvgPlot::px(double x) const {
  return left_ + (x - x_.low) / (x_.high - x_.low) * (width_ - left_ - kRight);
}

double SvgPlot::py(double y) const {
  return height_ - kBottom - (y - y_.low) / (y_.high - y_.low) * (height_ - kTop - kBottom);
}

void SvgPlot::x_axis(std::string_view label) {
  segment(x_.low, y_.low, x_.high, y_.low, "rule");
  for (const double value : ticks(x_.low, x_.high, 8)) {
    segment(value, y_.low, value, y_.high, "grid");
    text(value, y_.low, fmt::format("{:g}", value), "axis", "middle", 0, 16);
  }
  text((x_.low + x_.high) / 2, y_.low, label, "axis", "middle", 0, 34);
}

void SvgPlot::y_axis(std::string_view label) {
  for (const double value : ticks(y_.low, y_.high, 5)) {
    segment(x_.low, value, x_.high, value, "grid");
    text(x_.low, value, fmt::format("{:g}", value), "axis", "end", -6);
  }
  body_ += fmt::format(
      "<text class=\"axis\" text-anchor=\"middle\" transform=\"translate(14 {:.1f}) "
      "rotate(-90)\">{}</text>\n",
      (height_ - kBottom + kTop) / 2, escape_html(label));
}

void SvgPlot::line(const std::vector<std::pair<double, double>>& points, std::string_view css) {
  body_ += fmt::format("<polyline class=\"line {}\" points=\"", css);
  for (const auto& [x, y] : points) body_ += fmt::format("{:.1f},{:.1f} ", px(x), py(y));
  body_ += "\"/>\n";
}

void SvgPlot::dot(double x, double y, std::string_view css) {
  body_ += fmt::format("<circle class=\"dot {}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"/>\n", css,
                       px(x), py(y));
}

void SvgPlot::segment(double x1, double y1, double x2, double y2, std::string_view css) {
  body_ +=
      fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n",
                  css, px(x1), py(y1), px(x2), py(y2));
}

void SvgPlot::bar(double x1, double x2, double y, std::string_view css) {
  body_ += fmt::format(
      "<rect class=\"bar {}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n",
      css, px(x1), py(y), px(x2) - px(x1), py(y_.low) - py(y));
}

void SvgPlot::text(double x, double y, std::string_view text, std::string_view css,
                   std::string_view anchor, double dx, double dy) {
  body_ +=
      fmt::format("<text class=\"{}\" text-anchor=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
                  css, anchor, px(x) + dx, py(y) + dy, escape_html(text));
}

std::string SvgPlot::svg() const {
  return fmt::format(
      "<svg role=\"img\" viewBox=\"0 0 {:.0f} {:.0f}\" xmlns=\"http://www.w3.org/2000/svg\">\n"
      "<title>{}</title>\n{}</svg>\n",
      width_, height_, escape_html(title_), body_);
}

}  // namespace twin
