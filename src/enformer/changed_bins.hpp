#pragma once
// Which bins of the convolutional part another window's letters can change.

#include <biodta/enformer/enformer.hpp>
#include <biodta/enformer/interval.hpp>

#include <string_view>
#include <vector>

namespace biodta::enformer {

/// Runs of bins, before the crop, whose convolve() row differs between two windows of equal length; ascending
/// and apart from each other. Runs so near to each other that what they see overlaps come as one.
std::vector<Interval> changed_bins(const EnformerImpl& model, std::string_view reference,
                                   std::string_view variant);

}  // namespace biodta::enformer
