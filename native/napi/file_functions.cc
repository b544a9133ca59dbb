#include "napi/file_functions.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "file/file_rights.h"
#include "file/whole_file.h"
#include "napi/addon_data.h"
#include "napi/convert.h"
#include "napi/outcome_job.h"
#include "process/user_security.h"

namespace schannel {

napi_value UserSid(const Call& call) { return FromWide(call.env, UserSid()); }

napi_value WriteWhole(const Call& call) {
  const auto property = [&call](const char* name) { return GetProperty(call.env, call[0], name); };
  // Shared, since what std::function holds must be copyable and a secret is not.
  const auto file = std::make_shared<WholeFile>();
  file->path = ToWide(call.env, property("path"));
  file->temporary = ToWide(call.env, property("temporary"));
  file->security = ToWide(call.env, property("security"));
  const MutableByteView content = ToByteView(call.env, property("content"));
  file->content = Secret(ByteView(content.data, content.size));
  file->replace = ToBool(call.env, property("replace"));
  auto job = std::make_shared<EndJob>([file] { WriteWhole(kSystemFileApi, *file); });
  AddonData::Of(call.env).dispatcher.Post(call[1], nullptr, std::move(job));
  return nullptr;
}

napi_value FileRights(const Call& call) {
  auto job = std::make_shared<OutcomeJob<std::optional<Bytes>>>(
      [path = ToWide(call.env, call[0])] { return FileRights(path); }, &FromOptionalBytes);
  AddonData::Of(call.env).dispatcher.Post(call[1], nullptr, std::move(job));
  return nullptr;
}

napi_value CreateFolder(const Call& call) {
  auto job = std::make_shared<EndJob>(
      [path = ToWide(call.env, call[0]), security = ToWide(call.env, call[1])] {
        CreateFolder(path, security);
      });
  AddonData::Of(call.env).dispatcher.Post(call[2], nullptr, std::move(job));
  return nullptr;
}

}  // namespace schannel
