// A thread that is to have a processor soon after something came for it.
#pragma once

namespace ramson {

/// Asks for short turns on the processor, for the calling thread: where others are in the middle of longer ones, a
/// thread that wakes up goes before them. It gets no more of the processor in all. False where the system has no such
/// thing, as Linux before 6.12, and for threads whose policy somebody chose.
bool ask_for_short_turns();

}  // namespace ramson
