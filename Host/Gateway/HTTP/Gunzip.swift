import CZlib
import NIOCore

/// Decompresses gzip bodies, to a limit: a small body may otherwise become a very large one.
enum Gunzip {
    /// The decompressed bytes. Throws 400 when the body is not gzip or cut short, 413 when it becomes larger than `limit` bytes.
    static func decompress(_ body: ByteBuffer, limit: Int) throws(GatewayError) -> ByteBuffer {
        var stream = z_stream()
        guard czlib_inflate_init_gzip(&stream) == Z_OK else { throw .unavailable("there is no memory to decompress the body: try again") }
        defer { inflateEnd(&stream) }
        var output = ByteBuffer()
        output.reserveCapacity(min(limit, body.readableBytes * 4))
        let status: Int32 = body.withUnsafeReadableBytes { input in
            // zlib does not write to its input, though its type says so.
            stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
            stream.avail_in = UInt32(input.count)
            var status = Z_OK
            while status == Z_OK, output.readableBytes <= limit {
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: 65_536) { space in
                    stream.next_out = space.bindMemory(to: UInt8.self).baseAddress
                    stream.avail_out = UInt32(space.count)
                    status = inflate(&stream, Z_NO_FLUSH)
                    return space.count - Int(stream.avail_out)
                }
            }
            return status
        }
        guard output.readableBytes <= limit else { throw .tooLarge(limit: limit) }
        guard status == Z_STREAM_END, stream.avail_in == 0 else {
            throw .badRequest("the body is not valid gzip, though Content-Encoding says so: it is malformed or cut short")
        }
        return output
    }
}
