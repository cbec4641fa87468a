#include <biodta/support/options.hpp>
#include <biodta/support/tsv.hpp>

namespace biodta::support {

Check at_least(double low) {
  return {[low](double value) { return value >= low; }, "at least " + format_double(low)};
}

Check greater_than(double low) {
  return {[low](double value) { return value > low; }, "greater than " + format_double(low)};
}

Check between(double low, double high) {
  return {[low, high](double value) { return value >= low && value <= high; },
          "between " + format_double(low) + " and " + format_double(high)};
}

}  // namespace biodta::support
