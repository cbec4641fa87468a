#include <biodta/enformer/enformer.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace biodta::enformer {
namespace {

using Shape = std::vector<std::int64_t>;

TEST(FullSize, model_has_the_keys_shapes_and_parameter_count_of_the_published_one) {
  const Enformer model{EnformerConfig{}};
  std::map<std::string, Shape> shapes;
  std::int64_t parameters = 0, buffers = 0;
  for (const auto& item : model->named_parameters()) {
    shapes[item.key()] = item.value().sizes().vec();
    parameters += item.value().numel();
  }
  for (const auto& item : model->named_buffers()) {
    shapes[item.key()] = item.value().sizes().vec();
    buffers += item.value().numel();
  }
  EXPECT_EQ(parameters, 251'221'292);
  EXPECT_EQ(buffers, 29'710);
  EXPECT_EQ(shapes.size(), 287U);
  EXPECT_EQ(shapes.at("stem.0.weight"), (Shape{768, 4, 15}));
  EXPECT_EQ(shapes.at("stem.1.fn.2.weight"), (Shape{768, 768, 1}));
  EXPECT_EQ(shapes.at("stem.2.to_attn_logits.weight"), (Shape{768, 768, 1, 1}));
  EXPECT_EQ(shapes.at("conv_tower.5.0.2.weight"), (Shape{1536, 1280, 5}));
  EXPECT_EQ(shapes.at("conv_tower.5.1.fn.0.running_mean"), (Shape{1536}));
  EXPECT_EQ(shapes.at("transformer.10.0.fn.1.to_rel_k.weight"), (Shape{512, 192}));
  EXPECT_EQ(shapes.at("transformer.10.0.fn.1.rel_pos_bias"), (Shape{1, 8, 1, 64}));
  EXPECT_EQ(shapes.at("transformer.10.1.fn.4.weight"), (Shape{1536, 3072}));
  EXPECT_EQ(shapes.at("final_pointwise.1.2.weight"), (Shape{3072, 1536, 1}));
  EXPECT_EQ(shapes.at("_heads.human.0.weight"), (Shape{5313, 3072}));
  EXPECT_EQ(shapes.at("_heads.mouse.0.bias"), (Shape{1643}));
}

}  // namespace
}  // namespace biodta::enformer
