#pragma once
/// @file
/// The network that biodta-train-enformer starts from. Internal to the room.

#include <biodta/enformer/enformer.hpp>
#include <biodta/pipeline/train_enformer.hpp>

#include <map>
#include <string>
#include <vector>

namespace biodta::pipeline {

struct EnformerStart {
  enformer::Enformer model;
  std::string told;                             ///< what was loaded and what is new, one line
  std::map<std::string, std::string> identity;  ///< what a run that goes on must share
  bool head_is_new = false;
};

/// A new network by `options.enformer`, or that of `options.weights` with a head for the data.
/// @param track_names  of the data; empty = a head that the weights have is needed, with its own tracks.
/// Throws ConfigError where head, tracks or sizes contradict the weights.
EnformerStart start_enformer(const TrainEnformerOptions& options,
                             const std::vector<std::string>& track_names);

/// tracks.tsv of the result: that of the weights, with the names of a new head.
/// @param track_names  as above.
void write_track_names(const TrainEnformerOptions& options, const std::vector<std::string>& track_names);

}  // namespace biodta::pipeline
