internal import CPluginAPI

/// `dsotp.timeseries/1`.
enum TimeSeriesTable {
    static var table: dsotp_timeseries {
        dsotp_timeseries(
            size: UInt32(MemoryLayout<dsotp_timeseries>.size), reserved: 0,
            resolve: { host, name, column, error in
                HostCall.run(host, error) { context throws(ServiceFault) in
                    guard let name, let column else { throw .invalid("timeseries: the name or the place for the handle is NULL") }
                    try HostCall.require(size: name.pointee.size, atLeast: MinimumSize.columnName, "timeseries: dsotp_column_name")
                    column.pointee = try context.resolve(name.pointee)
                }
            },
            write: { host, points, error in
                HostCall.run(host, error) { context throws(ServiceFault) in
                    guard let points else { throw .invalid("timeseries: the points are NULL") }
                    try HostCall.require(size: points.pointee.size, atLeast: MinimumSize.points, "timeseries: dsotp_points")
                    try context.write(points.pointee)
                }
            },
            sync: { host, deadline, error in
                HostCall.run(host, error) { context throws(ServiceFault) in try context.sync(deadline: deadline) }
            },
            find: { host, search, visit, opaque, error in
                HostCall.run(host, error) { context throws(ServiceFault) in
                    guard let search, let visit else { throw .invalid("timeseries: the search or the function to call is NULL") }
                    try HostCall.require(size: search.pointee.size, atLeast: MinimumSize.columnSearch, "timeseries: dsotp_column_search")
                    try context.find(search.pointee) { visit(opaque, $0) != 0 }
                }
            },
            read: { host, read, visit, opaque, error in
                HostCall.run(host, error) { context throws(ServiceFault) in
                    guard let read, let visit else { throw .invalid("timeseries: the range or the function to call is NULL") }
                    try HostCall.require(size: read.pointee.size, atLeast: MinimumSize.read, "timeseries: dsotp_read")
                    try context.read(read.pointee) { visit(opaque, $0) != 0 }
                }
            })
    }
}
