extension MeasureColumns {
  /// What a bin of all the rows would have of this measure, bit for bit, without the increase.
  var tally: MeasureTally {
    var tally = MeasureTally()
    if columns.count == 1, case .doubles(let values) = columns[0].values, let first = values.first,
      let last = values.last
    {
      tally.count = values.count
      tally.numbers = values.count
      var (least, greatest) = (first, first)
      for value in values {
        if value < least { least = value }
        if greatest < value { greatest = value }
        tally.sum.add(value)
      }
      (tally.first, tally.last, tally.minimum, tally.maximum) = (
        .double(first), .double(last), .double(least), .double(greatest)
      )
      return tally
    }
    // The values of several types in the order of their rows.
    var places = columns.map { _ in 0 }
    while true {
      var next: (column: Int, row: Int)?
      for (index, column) in columns.enumerated() where places[index] < column.values.count {
        let row = column.rows.map { Int($0[places[index]]) } ?? places[index]
        if next.map({ row < $0.row }) ?? true { next = (index, row) }
      }
      guard let next else { return tally }
      tally.add(columns[next.column].values[places[next.column]], previous: nil)
      places[next.column] += 1
    }
  }
}
