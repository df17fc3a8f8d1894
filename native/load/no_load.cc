// Where there is no epoll there is no load generator.

#include "load_run.h"

namespace ramson {

LoadLink::~LoadLink() = default;
std::unique_ptr<LoadRun> LoadRun::open(const Kernel &, const std::uint8_t *) { return nullptr; }
LoadRun::~LoadRun() = default;
std::uint32_t LoadRun::add_link(const LoadConnection &) { return kNoPlace; }
bool LoadRun::add_flow(LoadFlow) { return false; }
bool LoadRun::pump(const LoadPumpSettings &) { return false; }
bool LoadRun::pace(const LoadPaceSettings &) { return false; }
void LoadRun::run(double) {}

}  // namespace ramson
