#pragma once
// The views of a window that are averaged over: moved by a few bases, and from the other strand.

#include <biodta/enformer/sequence_embedder.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace biodta::enformer {

struct View {
  std::int64_t shift = 0;    ///< bp towards the end of the + strand
  bool is_reversed = false;  ///< the reverse complement
};

/// At least one. Throws ConfigError for a shift named twice.
std::vector<View> views_of(const SequenceEmbedderOptions& options);

/// Letters that the views need on either side of the window.
std::int64_t margin_of(const std::vector<View>& views);

/// What the network reads of `input`, which has `margin` letters more than the window on either side.
std::string look(const std::string& input, const View& view, std::int64_t margin);

}  // namespace biodta::enformer
