// GLib leaks one block on purpose: when its table of quarks grows, readers may still hold the old one. It was
// made before main() and its address was in one static variable only, so LeakSanitizer finds it lost. This
// tells it so, by the address, instead of by a suppression that would hide leaks of ours.
#pragma once

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/allocator_interface.h>
#include <sanitizer/lsan_interface.h>

#include <cstddef>
#include <cstdint>
#include <link.h>
#include <string_view>

namespace spillway::test {

/// Call it before GLib has made 2048 quarks: first thing in main().
inline void ignoreQuarkTable() {
    const auto visit = [](dl_phdr_info* module, std::size_t, void*) {
        if (std::string_view(module->dlpi_name).find("libglib-2.0.so") == std::string_view::npos) return 0;
        constexpr std::size_t tableBytes = 2048 * sizeof(char*);
        for (int i = 0; i < module->dlpi_phnum; ++i) {
            const auto& segment = module->dlpi_phdr[i];
            if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_W)) continue;
            auto* const* word = reinterpret_cast<void* const*>(module->dlpi_addr + segment.p_vaddr); // NOLINT
            for (auto* const* end = word + segment.p_memsz / sizeof(void*); word != end; ++word)
                if (__sanitizer_get_ownership(*word) && __sanitizer_get_allocated_size(*word) == tableBytes)
                    __lsan_ignore_object(*word);
        }
        return 1;
    };
    dl_iterate_phdr(visit, nullptr);
}

} // namespace spillway::test
#else
namespace spillway::test {
inline void ignoreQuarkTable() {}
} // namespace spillway::test
#endif
