#pragma once
/// @file
/// What a program settles once, before it does anything.

#include <cstddef>

namespace biodta::pipeline {

/// Limits the threads of the whole process: Bio-DTA's own parallel loops and LibTorch's operators. LibTorch's
/// inter-op pool is held to one thread, since the framework never runs operators side by side. Call once, at
/// the start.
/// @param threads  0 = as many as the machine has.
void set_threads(std::size_t threads);

}  // namespace biodta::pipeline
