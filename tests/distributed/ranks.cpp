// What the tests of this room run as several processes: `ranks SCENARIO PROCESSES FOLDER` starts itself
// PROCESSES times; each rank plays its part and writes what it saw to FOLDER/rank-N.txt.
#include <biodta/distributed/communicator.hpp>
#include <biodta/distributed/launch.hpp>
#include <biodta/distributed/reducer.hpp>
#include <biodta/support/error.hpp>

#include <ATen/Parallel.h>
#include <ATen/ops/matmul.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace biodta::distributed;

void write_values(std::ostream& out, const torch::Tensor& tensor) {
  const auto flat = tensor.detach().to(torch::kFloat64).flatten().contiguous();
  for (std::int64_t i = 0; i < flat.numel(); ++i) out << flat.const_data_ptr<double>()[i] << '\n';
}

void play_collectives(Communicator& ranks, std::ostream& out) {
  const double rank = ranks.rank();
  auto summed = torch::tensor({rank + 1.0, 10.0 * rank}, torch::kFloat64);
  ranks.all_reduce_sum(summed);
  write_values(out, summed);
  std::vector<torch::Tensor> shared{torch::full({2}, rank + 7.0),
                                    torch::full({1}, ranks.rank() + 3, torch::kInt64)};
  ranks.broadcast(shared);
  write_values(out, shared[0]);
  write_values(out, shared[1]);
  std::vector<torch::Tensor> of_the_last{torch::full({1}, 10 * ranks.rank(), torch::kInt64)};
  ranks.broadcast(of_the_last, ranks.size() - 1);
  write_values(out, of_the_last[0]);
  ranks.barrier();
  out << ranks.sum(rank + 0.25) << '\n' << ranks.size() << '\n';
}

/// Two steps over a small two-layer function, of which the second step has no data on the last rank. The data
/// of rank r, step s, micro-batch m comes from seed 100 s + 10 r + m; reducer_test.cpp computes the same
/// alone.
void play_reducer(Communicator& ranks, std::ostream& out, bool unused) {
  torch::manual_seed(ranks.rank() + 1);  // other values on every rank: the reducer must take the first rank's
  std::vector<torch::Tensor> parameters{torch::randn({3, 4}), torch::randn({4}), torch::randn({4, 2}),
                                        torch::randn({5})};
  for (auto& parameter : parameters) parameter.requires_grad_();
  if (!unused) parameters.pop_back();
  GradientReducer reducer(parameters, ranks,
                          {.bucket_bytes = 64, .first_bucket_bytes = 16, .reach_every_parameter = unused});
  for (int step = 0; step < 2; ++step) {
    reducer.zero_gradients();
    for (int micro_batch = 0; micro_batch < 2; ++micro_batch) {
      reducer.start(micro_batch == 1);
      torch::Tensor loss;
      if (step == 0 || ranks.rank() + 1 < ranks.size()) {
        torch::manual_seed(100 * step + 10 * ranks.rank() + micro_batch);
        const auto x = torch::randn({6, 3});
        loss = at::matmul(at::matmul(x, parameters[0]).add(parameters[1]).tanh(), parameters[2]).pow(2).sum();
      }
      reducer.backward(loss);
    }
    for (int i = 0; i < 3; ++i) write_values(out, parameters[static_cast<std::size_t>(i)].grad());
  }
}

int play(const std::string& scenario, const Membership& membership, const std::filesystem::path& folder) {
  std::ofstream out(folder / ("rank-" + std::to_string(membership.rank) + ".txt"));
  out.precision(17);
  if (scenario == "exit" && membership.rank == 1) return 3;
  const auto ranks = make_communicator(membership, torch::kCPU);
  if (scenario == "collectives") play_collectives(*ranks, out);
  if (scenario == "reducer") play_reducer(*ranks, out, false);
  if (scenario == "unused") play_reducer(*ranks, out, true);
  if (scenario == "killed") {
    if (membership.rank == 1) std::raise(SIGKILL);
    try {
      ranks->barrier();
    } catch (const biodta::Error& error) {
      out << error.what() << std::endl;
      throw;
    }
  }
  if (scenario == "hung") {
    if (membership.rank == 1) std::raise(SIGSTOP);
    ranks->barrier();
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  at::set_num_threads(1);
  try {
    auto membership = membership_of(process_environment());
    if (!membership) {
      spawn_local(std::atoi(argv[2]), std::vector<std::string>(argv, argv + argc));
      return 0;
    }
    membership->timeout_seconds = std::string(argv[1]) == "hung" ? 2 : 30;
    return play(argv[1], *membership, argv[3]);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
}
