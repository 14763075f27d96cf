// Owning pointers for what GLib counts or frees, and the one place where GLib's C types are cast. Any thread.
#pragma once

#include <gio/gio.h>

#include <memory>
#include <string>
#include <utility>

namespace spillway::daemon::glib {

struct Unref {
    void operator()(gpointer object) const { g_object_unref(object); }
};
/// Made from a full reference (transfer full).
template <class T>
using Object = std::unique_ptr<T, Unref>;

/// A reference of its own beside somebody else's (transfer none).
template <class T>
Object<T> retain(T* object) {
    return Object<T>(static_cast<T*>(g_object_ref(object)));
}

struct Free {
    void operator()(gpointer memory) const { g_free(memory); }
};
using Text = std::unique_ptr<char, Free>;

/// GObject's inheritance is one of C structs: the first member of a derived one is its base.
template <class To, class From>
To* cast(From* object) {
    return reinterpret_cast<To*>(object); // NOLINT(bugprone-casting-through-void)
}

/// For a `GError**` argument; text() is safe when no error was set.
class Error {
  public:
    Error() = default;
    ~Error() { g_clear_error(&error_); }
    Error(const Error&) = delete;
    Error& operator=(const Error&) = delete;

    GError** out() { return &error_; }
    std::string text() const { return error_ ? error_->message : "unknown error"; }

  private:
    GError* error_ = nullptr;
};

} // namespace spillway::daemon::glib
