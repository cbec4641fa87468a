#include "loop.hpp"

#include <biodta/training/trainer.hpp>

#include <utility>

namespace biodta::training {

Trainer::Trainer(TrainerParts parts, const TrainingOptions& options, double peak_learning_rate)
    : parts_(std::move(parts)), options_(options), peak_learning_rate_(peak_learning_rate) {}

TrainingOutcome Trainer::run() {
  return Loop(parts_, options_, peak_learning_rate_).run();
}

}  // namespace biodta::training
