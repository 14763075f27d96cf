#include "relay/gst/bin.h"

#include "relay/gst/element.h"

namespace spillway::gst {

std::vector<Ref<GstElement>> elementsOf(GstElement* bin, const char* factory) {
    std::vector<Ref<GstElement>> found;
    GstIterator* elements = gst_bin_iterate_all_by_element_factory_name(cast<GstBin>(bin), factory);
    const auto collect = [](const GValue* item, gpointer into) {
        static_cast<std::vector<Ref<GstElement>>*>(into)->push_back(
            Ref<GstElement>::retain(static_cast<GstElement*>(g_value_get_object(item))));
    };
    gst_iterator_foreach(elements, collect, &found);
    gst_iterator_free(elements);
    return found;
}

} // namespace spillway::gst
