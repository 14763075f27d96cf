/// Sends on a track of libdatachannel. False when it is closed: the other side may close it, on a thread of the library's own,
/// after it was asked.
export function sendOn(track, packet) {
  try {
    return track.isOpen() && track.sendMessageBinary(packet);
  } catch (error) {
    if (track.isOpen()) throw error;
    return false;
  }
}
