#include "relay/gst/bin.h"

#include "relay/gst/element.h"

namespace spillway::gst {

std::vector<Ref<GstElement>> elementsOf(GstElement* bin) {
    std::vector<Ref<GstElement>> found;
    const auto collect = [](const GValue* item, gpointer into) {
        static_cast<std::vector<Ref<GstElement>>*>(into)->push_back(
            Ref<GstElement>::retain(static_cast<GstElement*>(g_value_get_object(item))));
    };
    GstIterator* elements = gst_bin_iterate_recurse(cast<GstBin>(bin));
    // It stops where one was added or removed meanwhile.
    while (gst_iterator_foreach(elements, collect, &found) == GST_ITERATOR_RESYNC) {
        found.clear();
        gst_iterator_resync(elements);
    }
    gst_iterator_free(elements);
    return found;
}

std::vector<Ref<GstElement>> elementsOf(GstElement* bin, const char* factory) {
    auto found = elementsOf(bin);
    std::erase_if(found, [factory](const auto& element) { return !isMadeBy(element.get(), factory); });
    return found;
}

Ref<GstPad> peerPad(GstElement* element, const char* name) {
    const auto pad = staticPad(element, name);
    return Ref<GstPad>::adopt(pad ? gst_pad_get_peer(pad.get()) : nullptr);
}

} // namespace spillway::gst
