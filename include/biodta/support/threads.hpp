#pragma once
/// @file
/// Parallel loops of the torch-free rooms, over oneTBB.

#include <cstddef>
#include <functional>

namespace biodta::support {

/// Limits the threads of every parallel loop in the process; 0 = as many as the machine has. Called once, by
/// programs.
void set_thread_limit(std::size_t threads);
std::size_t thread_limit();

/// Runs body(begin, end) over disjoint pieces of [0, count), in any order, on the allowed threads.
/// The first exception thrown is rethrown here after the others have stopped.
void parallel_ranges(std::size_t count, std::size_t grain,
                     const std::function<void(std::size_t, std::size_t)>& body);

}  // namespace biodta::support
