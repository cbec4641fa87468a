#pragma once
/// @file
/// What can be said of EmbedOptions before any file is opened.

#include <biodta/pipeline/embed.hpp>

namespace biodta::pipeline {

/// Throws ConfigError for options that contradict each other, InputError where an output could not be made.
void check(const EmbedOptions& options);

}  // namespace biodta::pipeline
