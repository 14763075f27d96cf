// GObject types of our own, without the macros and their casts. Any thread.
#pragma once

#include <glib-object.h>

namespace spillway::gst {

/// Registers a type; once for each name. Its instance and class structs begin with those of the parent.
template <class Instance, class Class, void (*initClass)(Class*), void (*initInstance)(Instance*)>
GType registerType(GType parent, const char* name) {
    return g_type_register_static_simple(
        parent, name, sizeof(Class),
        [](gpointer type, gpointer) noexcept { initClass(static_cast<Class*>(type)); }, sizeof(Instance),
        [](GTypeInstance* instance, gpointer) noexcept {
            initInstance(reinterpret_cast<Instance*>(instance));
        },
        static_cast<GTypeFlags>(0));
}

/// The parent's functions, for a type that an instance exists of.
template <class Class>
Class* parentClassOf(GType type) {
    return static_cast<Class*>(g_type_class_peek(g_type_parent(type)));
}

} // namespace spillway::gst
