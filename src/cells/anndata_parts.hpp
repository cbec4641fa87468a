#pragma once
/// @file
/// What every AnnData file has, whatever its matrix (encoding of anndata 0.8 and later). Internal to the
/// room.

#include <biodta/support/hdf5.hpp>

#include <string_view>

namespace biodta::cells {

inline void set_encoding(support::hdf5::Attributed& object, std::string_view type,
                         std::string_view version = "0.1.0") {
  object.set_attribute("encoding-type", type);
  object.set_attribute("encoding-version", version);
}

/// An empty mapping, such as `layers` of a file without layers.
inline support::hdf5::Group create_dict(support::hdf5::Group& parent, std::string_view name) {
  support::hdf5::Group group = parent.create_group(name);
  set_encoding(group, "dict");
  return group;
}

/// All mappings that an AnnData file must have, but `uns`, empty.
inline void create_empty_dicts(support::hdf5::Group& root) {
  for (const std::string_view name : {"layers", "obsm", "obsp", "varm", "varp"}) create_dict(root, name);
}

}  // namespace biodta::cells
