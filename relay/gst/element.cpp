#include "relay/gst/element.h"

#include <stdexcept>
#include <string>

namespace spillway::gst {

Ref<GstElement> makeElement(const char* factory, const char* name) {
    auto element = Ref<GstElement>::sink(gst_element_factory_make(factory, name));
    if (!element) throw std::runtime_error(std::string("GStreamer has no element \"") + factory + "\"");
    return element;
}

GstElement* addTo(GstElement* bin, const Ref<GstElement>& element) {
    if (!gst_bin_add(cast<GstBin>(bin), element.get()))
        throw std::runtime_error(std::string("cannot add ") + nameOf(element.get()) + " to " + nameOf(bin));
    return element.get();
}

Ref<GstPad> staticPad(GstElement* element, const char* name) {
    return Ref<GstPad>::adopt(gst_element_get_static_pad(element, name));
}

bool isMadeBy(GstElement* element, std::string_view factory) {
    GstElementFactory* made = gst_element_get_factory(element);
    return made && factory == gst_plugin_feature_get_name(cast<GstPluginFeature>(made));
}

const char* nameOf(GstElement* element) {
    const char* name = cast<GstObject>(element)->name;
    return name ? name : "(unnamed)";
}

} // namespace spillway::gst
