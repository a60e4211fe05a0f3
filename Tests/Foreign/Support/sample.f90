! Routines as engineers have them: texts with hidden lengths, a matrix by columns, a function. The tests describe them in manifests.
subroutine label(station, number, text)
    character(len=*), intent(in) :: station
    integer, intent(in) :: number
    character(len=*), intent(out) :: text
    write (text, '(a, "-", i0)') station, number
end subroutine label

subroutine rowsums(matrix, rows, columns, sums)
    integer, intent(in) :: rows, columns
    real(kind(1.0d0)), intent(in) :: matrix(rows, columns)
    real(kind(1.0d0)), intent(out) :: sums(rows)
    sums = sum(matrix, dim=2)
end subroutine rowsums

double precision function Mean(values, count)
    integer, intent(in) :: count
    real(kind(1.0d0)), intent(in) :: values(count)
    mean = sum(values) / count
end function mean
