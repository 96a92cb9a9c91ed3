#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twin {

// The five characters HTML and SVG give a meaning to, escaped.
std::string escape_html(std::string_view text);

// One plot as an SVG element, drawn in data coordinates. Colours are CSS classes of the page that
// shows it: "author", "impostor", "base", "sft", "axis".
class SvgPlot {
 public:
  struct Range {
    double low = 0, high = 1;
  };
  // `title` says in words what is to be seen, for readers that do not see.
  SvgPlot(std::string title, Range x, Range y, double width = 640, double height = 260,
          double left = 60);

  void x_axis(std::string_view label);
  void y_axis(std::string_view label);
  void line(const std::vector<std::pair<double, double>>& points, std::string_view css);
  void dot(double x, double y, std::string_view css);
  void segment(double x1, double y1, double x2, double y2, std::string_view css);
  void bar(double x1, double x2, double y, std::string_view css);  // from the bottom up to y
  // anchor: "start", "middle" or "end". dx, dy in pixels.
  void text(double x, double y, std::string_view text, std::string_view css = "axis",
            std::string_view anchor = "middle", double dx = 0, double dy = 4);
  std::string svg() const;

 private:
  double px(double x) const;
  double py(double y) const;

  std::string title_;
  Range x_, y_;
  double width_, height_, left_;
  std::string body_;
};

// Round numbers over a range, about `count` of them.
std::vector<double> ticks(double low, double high, size_t count);

}  // namespace twin
