#pragma once

namespace handwritten {

/** What one thread of the machine can do, so that figures of different machines can be set side by side. */
struct Machine {
  double sgemm_gflops;  // 1024×1024×1024, the best of several
  double copy_gbs;      // memcpy far outside the caches; bytes read plus bytes written, 1e9 a second
};

Machine MeasureMachine();

}  // namespace handwritten
