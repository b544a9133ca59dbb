// This DLL as a loaded module.
#pragma once

namespace schannel {

// Keeps this DLL mapped until the process ends: threads of ours may outlive the environment that
// loaded it.
void PinThisModule() noexcept;

}  // namespace schannel
