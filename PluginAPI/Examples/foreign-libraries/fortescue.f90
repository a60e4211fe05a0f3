! Phase quantities to sequence quantities (C. L. Fortescue, "Method of Symmetrical Co-ordinates Applied to the Solution of Polyphase
! Networks", AIEE Transactions 37, 1918). A plain Fortran routine, as engineers have them: it knows nothing of the platform.
!
! magnitude, angle: phasors of the phases a, b, c; angles in degrees.
! sequence_magnitude, sequence_angle: phasors of the zero, positive and negative sequence; angles in degrees.
! unbalance: negative over positive sequence in percent (IEC 61000-4-30, section 5.7).
! status: 0, or 1 if there is no positive sequence to relate the others to.
subroutine fortescue(magnitude, angle, sequence_magnitude, sequence_angle, unbalance, status)
    implicit none
    integer, parameter :: real64 = kind(1.0d0)
    real(real64), intent(in) :: magnitude(3), angle(3)
    real(real64), intent(out) :: sequence_magnitude(3), sequence_angle(3), unbalance
    integer, intent(out) :: status
    real(real64), parameter :: degree = acos(-1.0d0) / 180.0d0
    complex(real64) :: phase(3), sequence(3), a
    a = exp(cmplx(0.0d0, 120.0d0 * degree, real64))
    phase = magnitude * exp(cmplx(0.0d0, angle * degree, real64))
    sequence(1) = (phase(1) + phase(2) + phase(3)) / 3.0d0
    sequence(2) = (phase(1) + a * phase(2) + a * a * phase(3)) / 3.0d0
    sequence(3) = (phase(1) + a * a * phase(2) + a * phase(3)) / 3.0d0
    sequence_magnitude = abs(sequence)
    sequence_angle = atan2(aimag(sequence), real(sequence)) / degree
    status = 0
    unbalance = 0.0d0
    if (sequence_magnitude(2) <= 0.0d0) then
        status = 1
    else
        unbalance = 100.0d0 * sequence_magnitude(3) / sequence_magnitude(2)
    end if
end subroutine fortescue
