#include "hdf5_handle.hpp"
#include "hdf5_text.hpp"

#include <algorithm>

namespace biodta::support::hdf5 {
namespace {

constexpr std::string_view kExpectedFile = "an HDF5 file";

/// Strong closing: File::close leaves nothing open. New objects in the form of HDF5 1.8, which h5py reads
/// everywhere.
Handle file_access() {
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
  H5Pset_libver_bounds(access.get(), H5F_LIBVER_V18, H5F_LIBVER_LATEST);
  // Locks are taken where the file system has them and done without where it has not (Lustre, some NFS).
  H5Pset_file_locking(access.get(), 1, 1);
  return access;
}

/// Creation properties that store no time, so that equal contents give equal bytes.
Handle timeless(hid_t kind) {
  Handle properties(H5Pcreate(kind), H5Pclose);
  H5Pset_obj_track_times(properties.get(), 0);
  return properties;
}

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

std::string member_name(const ObjectPointer& group, std::string_view path) {
  if (path.starts_with('/')) return std::string(path);
  const std::string base = name_of(group);
  return base + (base.ends_with('/') ? "" : "/") + std::string(path);
}

[[noreturn]] void fail_member(const ObjectPointer& group, std::string_view path, std::string_view found,
                              std::string_view expected) {
  throw InputError(group->file->path, member_name(group, path), found, expected);
}

/// The object at `path`, or an invalid handle where there is none (or a link to nowhere). What is there but
/// cannot be read is an error, so that damage is never taken for absence.
Handle try_open(const ObjectPointer& group, std::string_view path) {
  const hid_t start = path.starts_with('/') ? group->file->id : id_of(group);
  id_of(group);  // refuses a closed file
  Handle at(H5Oopen(start, path.starts_with('/') ? "/" : ".", H5P_DEFAULT), H5Oclose);
  for (const std::string& part : components(path)) {
    const char* name = part.c_str();
    if (H5Iget_type(at.get()) != H5I_GROUP) return {H5I_INVALID_HID, H5Oclose};
    const htri_t linked = part == "." ? 1 : H5Lexists(at.get(), name, H5P_DEFAULT);
    const htri_t there = linked > 0 ? H5Oexists_by_name(at.get(), name, H5P_DEFAULT) : linked;
    if (there == 0) return {H5I_INVALID_HID, H5Oclose};
    if (there > 0) at = Handle(H5Oopen(at.get(), name, H5P_DEFAULT), H5Oclose);
    if (there < 0 || !at.valid()) fail_member(group, path, cause(), "a readable object");
  }
  return at;
}

ObjectPointer open_member(const ObjectPointer& group, std::string_view path, H5I_type_t kind,
                          std::string_view expected) {
  Handle opened = try_open(group, path);
  if (!opened.valid()) fail_member(group, path, "nothing", expected);
  if (H5Iget_type(opened.get()) != kind) fail_member(group, path, "an object of another kind", expected);
  return make_object(opened.release(), group->file);
}

/// Makes the groups above the last component and returns the group it belongs to.
Handle make_parents(const ObjectPointer& group, std::span<const std::string> parents) {
  Handle at(H5Gopen2(id_of(group), ".", H5P_DEFAULT), H5Gclose);
  const Handle properties = timeless(H5P_GROUP_CREATE);
  for (const std::string& name : parents) {
    const bool there = H5Lexists(at.get(), name.c_str(), H5P_DEFAULT) > 0;
    Handle next(there ? H5Gopen2(at.get(), name.c_str(), H5P_DEFAULT)
                      : H5Gcreate2(at.get(), name.c_str(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
                H5Gclose);
    if (!next.valid()) fail_member(group, name, cause(), "a group");
    at = std::move(next);
  }
  return at;
}

/// The last component of a path, and its parent group.
struct NewMember {
  Handle parent;
  std::string name;
};

NewMember prepare_member(const ObjectPointer& group, std::string_view path) {
  std::vector<std::string> parts = components(path);
  if (parts.empty()) fail_member(group, path, "no name", "the name of a new object");
  std::string name = std::move(parts.back());
  parts.pop_back();
  return {make_parents(group, parts), std::move(name)};
}

Handle creation_properties(const DatasetLayout& layout) {
  Handle properties = timeless(H5P_DATASET_CREATE);
  if (layout.chunk.empty()) return properties;
  const std::vector<hsize_t> chunk(layout.chunk.begin(), layout.chunk.end());
  H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data());
  if (layout.shuffle) H5Pset_shuffle(properties.get());
  if (layout.gzip_level > 0) H5Pset_deflate(properties.get(), static_cast<unsigned>(layout.gzip_level));
  return properties;
}

Handle make_space(std::span<const std::uint64_t> shape, bool extendible) {
  const std::vector<hsize_t> size(shape.begin(), shape.end());
  if (size.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  std::vector<hsize_t> most = size;
  if (extendible) most.front() = H5S_UNLIMITED;
  return {H5Screate_simple(static_cast<int>(size.size()), size.data(), most.data()), H5Sclose};
}

std::shared_ptr<detail::OpenFile> open_file(const std::filesystem::path& path, unsigned mode) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) throw InputError(path, "", "no such file", kExpectedFile);
  if (std::filesystem::is_directory(path, ignored)) throw InputError(path, "", "a folder", kExpectedFile);
  const Handle access = file_access();
  auto file = std::make_shared<detail::OpenFile>();
  file->path = path;
  file->id = H5Fopen(path.c_str(), mode, access.get());
  if (file->id < 0) throw InputError(path, "", cause(), kExpectedFile);
  file->read_only = mode == H5F_ACC_RDONLY;
  if (file->read_only) check_heaps(path);
  register_lzf();
  return file;
}

}  // namespace

bool Group::exists(std::string_view path) const {
  const Session session;
  return try_open(object_, path).valid();
}

bool Group::is_group(std::string_view path) const {
  const Session session;
  const Handle opened = try_open(object_, path);
  return opened.valid() && H5Iget_type(opened.get()) == H5I_GROUP;
}

bool Group::is_dataset(std::string_view path) const {
  const Session session;
  const Handle opened = try_open(object_, path);
  return opened.valid() && H5Iget_type(opened.get()) == H5I_DATASET;
}

std::vector<std::string> Group::children() const {
  const Session session;
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  hsize_t at = 0;
  check(H5Literate(id_of(object_), H5_INDEX_NAME, H5_ITER_INC, &at, collect, &names), object_,
        "a readable group");
  std::sort(names.begin(), names.end());
  return names;
}

Group Group::group(std::string_view path) const {
  const Session session;
  Group opened;
  opened.object_ = open_member(object_, path, H5I_GROUP, "a group");
  return opened;
}

Dataset Group::dataset(std::string_view path) const {
  const Session session;
  Dataset opened;
  opened.object_ = open_member(object_, path, H5I_DATASET, "a dataset");
  opened.object_->id = reopen_with_cache(opened.object_->id);
  if (object_->file->read_only) {
    opened.object_->chunks = ChunkReader::of(opened.object_);
    opened.object_->text = HeapText::of(opened.object_);
  }
  return opened;
}

Group Group::create_group(std::string_view path) {
  const Session session;
  NewMember made = prepare_member(object_, path);
  const Handle properties = timeless(H5P_GROUP_CREATE);
  const hid_t id =
      H5Gcreate2(made.parent.get(), made.name.c_str(), H5P_DEFAULT, properties.get(), H5P_DEFAULT);
  if (id < 0) fail_member(object_, path, cause(), "a new group");
  Group created;
  created.object_ = make_object(id, object_->file);
  return created;
}

Dataset Group::create_dataset(std::string_view path, ElementType type, std::span<const std::uint64_t> shape,
                              const DatasetLayout& layout) {
  const Session session;
  NewMember made = prepare_member(object_, path);
  const Handle file_type = make_file_type(type);
  const Handle space = make_space(shape, layout.extendible);
  const Handle properties = creation_properties(layout);
  const hid_t id = H5Dcreate2(made.parent.get(), made.name.c_str(), file_type.get(), space.get(), H5P_DEFAULT,
                              properties.get(), H5P_DEFAULT);
  if (id < 0) fail_member(object_, path, cause(), "a new dataset");
  Dataset created;
  created.object_ = make_object(reopen_with_cache(id), object_->file);
  return created;
}

Dataset Group::create_strings(std::string_view path, std::span<const std::string> values) {
  const std::uint64_t size = values.size();
  Dataset created = create_dataset(path, ElementType::kString, {&size, 1});
  created.write_strings(values);
  return created;
}

Dataset Group::create_text(std::string_view path, std::string_view text) {
  Dataset created = create_dataset(path, ElementType::kString, {});
  const std::string owned(text);
  created.write_strings({&owned, 1});
  return created;
}

std::string Group::name() const {
  return name_of(object_);
}

File File::open(const std::filesystem::path& path) {
  const Session session;
  File file;
  auto opened = open_file(path, H5F_ACC_RDONLY);
  file.object_ = make_object(opened->id, opened);
  file.path_ = path;
  return file;
}

File File::open_for_update(const std::filesystem::path& path) {
  const Session session;
  File file;
  auto opened = open_file(path, H5F_ACC_RDWR);
  file.object_ = make_object(opened->id, opened);
  file.path_ = path;
  return file;
}

File File::create(const std::filesystem::path& path) {
  const Session session;
  const Handle access = file_access();
  const Handle properties = timeless(H5P_FILE_CREATE);
  auto made = std::make_shared<detail::OpenFile>();
  made->path = path;
  made->id = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, properties.get(), access.get());
  if (made->id < 0) throw InputError(path, "", cause(), "a place where a file can be written");
  File file;
  file.object_ = make_object(made->id, made);
  file.path_ = path;
  return file;
}

void File::close() {
  const Session session;
  if (!object_ || object_->file->id < 0) return;
  const hid_t id = object_->file->id;
  const bool flushed = H5Fflush(id, H5F_SCOPE_GLOBAL) >= 0;
  const std::string why = flushed ? "" : cause();
  object_->file->id = H5I_INVALID_HID;
  if (H5Fclose(id) < 0 || !flushed) {
    throw InputError(path_, "", flushed ? cause() : why, "room for the file's contents");
  }
}

bool is_floating(ElementType type) {
  return type == ElementType::kFloat16 || type == ElementType::kFloat32 || type == ElementType::kFloat64;
}

std::size_t element_size(ElementType type) {
  switch (type) {
    case ElementType::kInt8:
    case ElementType::kUint8:
    case ElementType::kBool:
      return 1;
    case ElementType::kInt16:
    case ElementType::kUint16:
    case ElementType::kFloat16:
      return 2;
    case ElementType::kInt32:
    case ElementType::kUint32:
    case ElementType::kFloat32:
      return 4;
    case ElementType::kInt64:
    case ElementType::kUint64:
    case ElementType::kFloat64:
      return 8;
    default:
      throw Error("strings and other kinds have no fixed element size");
  }
}

}  // namespace biodta::support::hdf5
